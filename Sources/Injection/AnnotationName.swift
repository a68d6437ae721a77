// SPDX-License-Identifier: Apache-2.0

/// The annotations that people write on pods, without their prefix.
package enum AnnotationName: String, CaseIterable, Sendable {
    case inject
    case duration
    case renewBefore = "renew-before"
    case keyAlgorithm = "key-algorithm"
    case containers
    case mountPath = "mount-path"
    case owner
    case mode
    // Known, but not in this version other than with the one value that changes nothing.
    case policy
    case name
    case sans
    case ipSANs = "ip-sans"
    case uriSANs = "uri-sans"
    case reusePrivateKey = "reuse-private-key"
    case format
    case secret
    case certificateAuthorities = "certificate-authorities"
    case reload

    package static let prefix: StaticString = "podmint.dev/"
    /// What podmint writes itself (`InjectionStatus`).
    package static let status = "status"

    /// As it stands in a manifest.
    package var key: String { Self.prefix.description + rawValue }

    /// The path of an annotation in a pod.
    package static func field(_ key: String) -> String { "metadata.annotations[\(prefix)\(key)]" }

    /// For names that wait for a later version: the value that asks for nothing new, nil if there is none.
    var onlyValue: String?? {
        switch self {
        case .inject, .duration, .renewBefore, .keyAlgorithm, .containers, .mountPath, .owner, .mode: nil
        case .policy: .some("default")
        case .format: .some("pem")
        case .reload: .some("none")
        case .reusePrivateKey: .some("false")
        case .name, .sans, .ipSANs, .uriSANs, .secret, .certificateAuthorities: .some(nil)
        }
    }

    /// What somebody probably meant: the closest name, if it is closer than half of what they wrote.
    package static func nearest(to text: String) -> AnnotationName? {
        Spelling.nearest(to: text, among: allCases, by: \.rawValue)
    }
}

/// Finds what a mistyped word was meant to be.
enum Spelling {
    static func nearest<Candidate>(
        to text: String, among candidates: [Candidate], by spelling: (Candidate) -> String
    ) -> Candidate? {
        // An annotation's name has at most 63 characters; what is longer was not mistyped.
        guard text.utf8.count <= 63 else { return nil }
        let ranked = candidates.map {
            (candidate: $0, distance: distance(text.lowercased(), spelling($0).lowercased()))
        }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(2, text.utf8.count / 2) ? best.candidate : nil
    }

    /// Insertions, deletions, changes and swaps of neighbours that lead from one to the other (optimal string alignment).
    static func distance(_ one: String, _ other: String) -> Int {
        let (from, to) = (Array(one.utf8), Array(other.utf8))
        guard !from.isEmpty, !to.isEmpty else { return max(from.count, to.count) }
        var beforeLast: [Int] = []
        var last = Array(0...to.count)
        for row in 1...from.count {
            var current = [row]
            for column in 1...to.count {
                let change = last[column - 1] + (from[row - 1] == to[column - 1] ? 0 : 1)
                var least = min(change, last[column] + 1, current[column - 1] + 1)
                if row > 1, column > 1, from[row - 1] == to[column - 2], from[row - 2] == to[column - 1] {
                    least = min(least, beforeLast[column - 2] + 1)
                }
                current.append(least)
            }
            (beforeLast, last) = (last, current)
        }
        return last[to.count]
    }
}
