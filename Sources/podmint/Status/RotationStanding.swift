// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import JSON
internal import KubernetesAPI

/// How far the rotation of the serving CA is, by Secret `podmint-serving`, which is all the state that it has.
enum RotationStanding {
    /// `secret` is nil where there is none.
    static func text(_ secret: JSONValue?, at now: Int64) -> String {
        guard let secret else {
            return
                "none: there is no Secret \(ServingAuthorities.description.secret), so the certificate comes from files (--cert-file), or no server has started yet"
        }
        let authorities: ServingAuthorities
        do {
            let document = try JSONDocument(secret.serialized())
            authorities = try ServingAuthorities(document.root, at: now)
        } catch { return "unusable: \(error)" }
        let phase = RotationMetrics.Phase(authorities)
        return "\(phase.rawValue)\(detail(authorities))"
    }

    private static func detail(_ authorities: ServingAuthorities) -> String {
        switch authorities.successor {
        case .none:
            if let request = authorities.request { return ": asked for (\(request)), and not begun" }
            let former = authorities.former.count
            return former == 0
                ? "" : ", with \(former) former CA\(former == 1 ? "" : "s") still trusted until it ends"
        case .waiting(let next):
            let made = Timestamp(secondsSinceEpoch: next.madeAt)
            return ": a new CA, made at \(made), is made known before it signs"
        case .unusable(let why, _): return ": \(why); whoever leads takes it out"
        }
    }
}
