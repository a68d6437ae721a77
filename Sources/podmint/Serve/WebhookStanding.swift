// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
internal import OpenSSL

/// How podmint's two webhook configurations stand to what this server shows: what readiness makes of it, and what is to
/// be written. No clock, no network.
struct WebhookStanding {
    /// One of the two, by its kind; without a registration it does not exist.
    struct Kept {
        let kind: String
        let registration: WebhookRegistration?
    }

    enum Verdict: Equatable {
        case trusted
        /// Who calls would not accept this server.
        case miss(String)
        /// Nobody calls who would have to trust this server, and the agents behind the same Service still renew: deleting
        /// the configurations is the rescue when admission is in trouble.
        case excuse(String)
    }

    let kept: [Kept]

    /// Being trusted is enough to be ready; that all is written which shall be is the writer's business.
    func verdict(showing shown: [Certificate], isWriter: Bool) -> Verdict {
        let wary = kept.filter { $0.calls && $0.registration?.trusts(anyOf: shown) != true }.map(\.kind)
        guard wary.isEmpty else {
            let what =
                wary.map { "\($0) \(Self.name)" }.joined(separator: " and ")
                + (wary.count == 1 ? " does" : " do") + " not trust this server yet"
            return .miss(isWriter ? what : "\(what); the replica that leads writes its caBundle")
        }
        guard let absent else { return .trusted }
        return .excuse("\(absent); apply what 'podmint manifests' prints")
    }

    /// What is not there of what an installation has; nil when all is.
    var absent: String? {
        let absent = kept.filter { !$0.calls }.map { kept in
            "\(kept.kind) \(Self.name) " + (kept.registration == nil ? "does not exist" : "has no entries")
        }
        return absent.isEmpty ? nil : absent.joined(separator: ", ")
    }

    /// Whether an API server accepts what that CA signs, wherever podmint is registered.
    func trusts(_ anchor: Certificate) -> Bool {
        kept.allSatisfy { $0.registration?.trusts(anchor) == true }
    }

    /// Whether no API server calls that would refuse what that CA signs.
    func admits(_ anchor: Certificate) -> Bool {
        kept.allSatisfy { !$0.calls || $0.registration?.trusts(anchor) == true }
    }

    func version(of kind: String) -> String {
        kept.first { $0.kind == kind }?.registration?.version ?? ""
    }

    /// For each by itself: one that cannot be written must not keep the other from it.
    func writes(trusting anchors: [Certificate], at now: Int64) -> [(kind: String, patch: JSONPatch)] {
        kept.compactMap { kept in
            kept.registration?.patch(trusting: anchors, at: now).map { (kept.kind, $0) }
        }
    }

    /// Of both configurations.
    static let name = "podmint"
}

extension WebhookStanding.Kept {
    /// Whether it makes an API server call anybody.
    fileprivate var calls: Bool { registration?.hasEntries == true }
}
