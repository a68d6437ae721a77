// SPDX-License-Identifier: Apache-2.0
package import Logging
internal import SigningProtocol
internal import Synchronization

/// Which pods' agents hold the bundle that is current, as they say when they check: how far a change of what is trusted has
/// come, for `podmint status`, which reads it in the log as it reads serials in the audit.
///
/// A check proves nothing of who asks, so nothing is decided by it. Only what is current is told, once for each pod, policy
/// and bundle: a stranger can say too early that a pod has it, and cannot fill the log.
package final class SeenBundles: Sendable {
    package static let message = "An agent holds the current bundle"
    /// Hexadecimal digits of the digest: enough to tell two bundles of one policy apart.
    private static let digits = 16
    /// Some 150 bytes each. Past that the next one takes the place of any.
    static let limit = 50_000

    private struct Key: Hashable {
        let podUID: String
        let policy: PolicyName
    }

    private let logger: Logger
    private let held = Mutex<[Key: String]>([:])

    package init(logger: Logger) { self.logger = logger }

    func note(_ digest: String, of pod: (namespace: String, name: String, uid: String), _ policy: PolicyName)
    {
        let short = String(digest.prefix(Self.digits))
        let isNews = held.withLock { held in
            let key = Key(podUID: pod.uid, policy: policy)
            guard held[key] != short else { return false }
            if held[key] == nil, held.count >= Self.limit { held.remove(at: held.startIndex) }
            held[key] = short
            return true
        }
        guard isNews else { return }
        logger.info(
            "\(Self.message)",
            metadata: [
                "namespace": "\(pod.namespace)", "pod": "\(pod.name)", "uid": "\(pod.uid)",
                "policy": "\(policy.text)", "bundle": "\(short)",
            ])
    }
}
