// SPDX-License-Identifier: Apache-2.0
package import Logging
internal import SigningProtocol
internal import Synchronization

/// Which pods' agents hold the bundle that is current, as they say when they check: how far a change of what
/// is trusted has come, for `podmint status`, which reads it in the log as it reads serials in the audit.
///
/// A check proves nothing of who asks, so nothing is decided by it. Only what is current is told, once for
/// each pod, policy and bundle: a stranger can say too early that a pod has it, and cannot fill the log.
package final class SeenBundles: Sendable {
    package static let message = "An agent holds the current bundle"
    /// Hexadecimal digits of the digest: enough to tell two bundles of one policy apart.
    private static let digits = 16
    /// Some 150 bytes each.
    static let limit = 50_000

    private struct Key: Hashable {
        let podUID: String
        let policy: PolicyName
    }

    /// Two generations, for nobody says when a pod is gone: once `recent` is full, the one before it is
    /// forgotten. Who goes on checking is carried over, so it is those that ended whose places are taken.
    private struct Memory {
        let limit: Int
        private var recent: [Key: String] = [:]
        private var former: [Key: String] = [:]

        init(limit: Int) { self.limit = limit }

        var count: Int { recent.count + former.count }

        /// Whether it is news.
        mutating func note(_ digest: String, of key: Key) -> Bool {
            let before = recent[key] ?? former[key]
            if recent[key] == nil, recent.count >= limit / 2 {
                former = recent
                recent = [:]
            }
            recent[key] = digest
            return before != digest
        }
    }

    private let logger: Logger
    private let memory: Mutex<Memory>

    package init(logger: Logger, limit: Int = limit) {
        self.logger = logger
        memory = Mutex(Memory(limit: limit))
    }

    /// How much it remembers.
    var count: Int { memory.withLock { $0.count } }

    func note(_ digest: String, of pod: (namespace: String, name: String, uid: String), _ policy: PolicyName)
    {
        let short = String(digest.prefix(Self.digits))
        let key = Key(podUID: pod.uid, policy: policy)
        guard memory.withLock({ $0.note(short, of: key) }) else { return }
        logger.info(
            "\(Self.message)",
            metadata: [
                "namespace": "\(pod.namespace)", "pod": "\(pod.name)", "uid": "\(pod.uid)",
                "policy": "\(policy.text)", "bundle": "\(short)",
            ])
    }
}
