// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// One informer for each namespace that is wanted, started and ended as that changes: for objects that are only of
/// interest, or may only be read, in some namespaces.
package final class NamespacedInformers<Record: Sendable>: Sendable {
    /// What is known of a namespace.
    package enum Knowledge: Hashable, Sendable {
        case notFollowed
        case notYetSynced
        case forbidden
        case synced
    }

    private struct Followed {
        let informer: Informer<Record>
        let end: AsyncStream<Void>.Continuation
    }

    private struct Order: Sendable {
        let informer: Informer<Record>
        let end: AsyncStream<Void>
    }

    private let make: @Sendable (String) -> Informer<Record>
    private let followed = Mutex<[String: Followed]>([:])
    private let orders: AsyncStream<Order>
    private let feed: AsyncStream<Order>.Continuation

    /// `make` gives the informer of a namespace.
    package init(make: @escaping @Sendable (_ namespace: String) -> Informer<Record>) {
        self.make = make
        (orders, feed) = AsyncStream.makeStream(of: Order.self)
    }

    /// Starts what is new and ends what is not among them.
    package func follow(_ namespaces: Set<String>) {
        let ended = followed.withLock { followed in
            let ended = followed.filter { !namespaces.contains($0.key) }
            for name in ended.keys { followed[name] = nil }
            for name in namespaces where followed[name] == nil { followed[name] = begin(name) }
            return ended
        }
        for one in ended.values { one.end.finish() }
    }

    private func begin(_ namespace: String) -> Followed {
        let (stream, end) = AsyncStream.makeStream(of: Void.self)
        let informer = make(namespace)
        feed.yield(Order(informer: informer, end: stream))
        return Followed(informer: informer, end: end)
    }

    package func knowledge(of namespace: String) -> Knowledge {
        guard let informer = followed.withLock({ $0[namespace]?.informer }) else { return .notFollowed }
        if informer.isSynced { return .synced }
        return informer.lastFailure?.isForbidden == true ? .forbidden : .notYetSynced
    }

    package func record(_ name: String, in namespace: String) -> Record? {
        followed.withLock({ $0[namespace]?.informer })?.record(
            for: ObjectKey(namespace: namespace, name: name))
    }

    /// Of all namespaces.
    package var records: [ObjectKey: Record] {
        followed.withLock { $0.values.map(\.informer) }.reduce(into: [:]) { all, informer in
            all.merge(informer.records) { $1 }
        }
    }

    package func records(in namespace: String) -> [ObjectKey: Record] {
        followed.withLock({ $0[namespace]?.informer })?.records ?? [:]
    }

    /// Of all namespaces together: the least current counts. One that was never to be read is not waited for.
    package var health: InformerHealth {
        let informers = followed.withLock { $0.values.map(\.informer) }
        return InformerHealth(
            isSynced: informers.allSatisfy { $0.isSynced || $0.lastFailure?.isForbidden == true },
            objects: informers.reduce(0) { $0 + $1.count }, silence: informers.compactMap(\.silence).max())
    }

    package var namespaces: Set<String> { followed.withLock { Set($0.keys) } }

    /// Follows what is wanted until it is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await order in orders {
                group.addTask { await Self.run(order.informer, until: order.end) }
            }
        }
    }

    private static func run(_ informer: Informer<Record>, until end: AsyncStream<Void>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await informer.run() }
            group.addTask { for await _ in end {} }
            await group.next()
            group.cancelAll()
        }
    }
}
