// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import Synchronization

/// The agent containers that were made last, with their text: pods of one cluster differ in little that reaches the
/// agent, so nearly each gets one that is here already. What comes out depends on what goes in alone.
final class RecentAgents: Sendable {
    static let shared = RecentAgents()

    private let kept = Mutex<[(container: AgentContainer, json: JSONValue)]>([])
    /// About 10 kB each, with the PEM of a bundle in it twice.
    static let most = 16

    var count: Int { kept.withLock(\.count) }

    func json(of container: AgentContainer) -> JSONValue {
        if let json = kept.withLock({ kept in kept.first { $0.container == container }?.json }) {
            return json
        }
        let json = container.json.rendered
        kept.withLock { kept in
            kept.insert((container, json), at: 0)
            if kept.count > Self.most { kept.removeLast() }
        }
        return json
    }
}
