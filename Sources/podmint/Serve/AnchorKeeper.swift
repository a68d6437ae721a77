// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import KubernetesClient
internal import Logging

/// Keeps ConfigMap `podmint-root` with podmint's anchors in every namespace that opted in, for agents whose environment
/// holds an older one. Only the replica of `mayWrite` writes.
final class AnchorKeeper: Sendable {
    private let client: APIClient
    private let namespaces: Informer<Namespace>
    private let configMaps: Informer<String>
    private let anchors: ServingAnchors
    private let logger: Logger
    private let changed: WakeUp
    private let clock: WaitingClock
    private let mayWrite: @Sendable () -> Bool

    private static let name = "podmint-root"
    private static let key = "ca.crt"
    /// For each namespace by itself: one that cannot be written into must not hold up the others.
    private static let backoff = Backoff(first: .seconds(5), longest: .seconds(60))
    /// Between one row of writes and the next, whoever else writes the same.
    private static let pause = Duration.seconds(1)

    /// `changed` must be rung when `namespaces` or `anchors` change, and when this replica may write from now on.
    init(
        client: APIClient, namespaces: Informer<Namespace>, changed: WakeUp, anchors: ServingAnchors,
        logger: Logger, clock: WaitingClock = .system, mayWrite: @escaping @Sendable () -> Bool
    ) {
        self.client = client
        self.clock = clock
        self.namespaces = namespaces
        self.changed = changed
        self.mayWrite = mayWrite
        self.logger = logger
        self.anchors = anchors
        configMaps = Informer(
            client: client, resource: .configMaps,
            scope: ObjectScope(fieldSelector: "metadata.name=\(Self.name)"),
            decode: { $0["data"]?[Self.key]?.string ?? "" },
            onChange: { _ in changed.ring() },
            onTrouble: logger.following("the trust anchors"))
    }

    var health: InformerHealth { configMaps.health }

    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.configMaps.run() }
            try? await namespaces.waitForSync()
            try? await configMaps.waitForSync()
            changed.ring()
            var failing: [String: Failing] = [:]
            await changed.forEach {
                guard let wait = await settle(&failing) else { return }
                // Meanwhile the others are looked after.
                group.addTask {
                    guard (try? await self.clock.sleep(wait)) != nil else { return }
                    self.changed.ring()
                }
            }
        }
    }

    /// The opted-in namespaces whose ConfigMap has been read back and holds something else, or is not there; nil while
    /// that is not known.
    var lacking: [String]? {
        guard namespaces.isSynced, configMaps.isSynced else { return nil }
        return Self.namespacesWanting(
            anchors.pem, optedIn: namespaces.records.values, having: configMaps.records)
    }

    /// A namespace that could not be written into.
    private struct Failing {
        var row = FailureRow(backoff: AnchorKeeper.backoff)
        var due = Duration.zero
    }

    /// When to come back though nothing changed; nil: not before something does.
    private func settle(_ failing: inout [String: Failing]) async -> Duration? {
        guard mayWrite(), let wanting = lacking else { return nil }
        let bundle = anchors.pem
        failing = failing.filter { wanting.contains($0.key) }
        var news: [(namespace: String, error: KubernetesError)] = []
        for namespace in wanting where clock.now() >= failing[namespace]?.due ?? .zero {
            guard mayWrite() else { return nil }
            do throws(KubernetesError) {
                try await write(bundle, into: namespace)
                failing[namespace] = nil
            } catch {
                guard !Task.isCancelled else { return nil }
                let (isNews, wait) = failing[namespace, default: Failing()].row.failed(error)
                failing[namespace]?.due = clock.now() + wait
                if isNews { news.append((namespace, error)) }
            }
        }
        if let first = news.first {
            logger.warning(
                "cannot write the trust anchor; it is tried again", failure: first.error,
                [
                    "namespaces": "\(news.prefix(10).map(\.namespace).joined(separator: ","))",
                    "count": "\(news.count)",
                ]
            )
        }
        if !wanting.isEmpty { try? await clock.sleep(Self.pause) }
        // Also of those that failed in an earlier pass and were not due in this one.
        return failing.values.map(\.due).min().map { max($0 - clock.now(), .zero) }
    }

    /// The namespaces whose ConfigMap is missing or holds something else, in the order of their names.
    static func namespacesWanting(
        _ bundle: String, optedIn namespaces: some Sequence<Namespace>, having: [ObjectKey: String]
    ) -> [String] {
        namespaces.filter { $0.optIn != nil && !$0.metadata.isBeingDeleted }.map(\.metadata.name)
            .filter { having[ObjectKey(namespace: $0, name: name)] != bundle }
            .sorted()
    }

    private func write(_ bundle: String, into namespace: String) async throws(KubernetesError) {
        let configMap: JSONValue = [
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": [
                "name": .string(Self.name), "namespace": .string(namespace),
                "labels": ["app.kubernetes.io/managed-by": "podmint"],
            ],
            "data": [Self.key: .string(bundle)],
        ]
        do throws(KubernetesError) {
            _ = try await client.patch(
                .configMaps, namespace: namespace, name: Self.name, .apply(force: true),
                configMap.serialized())
        } catch {
            // The namespace is gone.
            guard error.isNotFound else { throw error }
        }
    }
}
