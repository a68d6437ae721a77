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
    private let mayWrite: @Sendable () -> Bool

    private static let name = "podmint-root"
    private static let key = "ca.crt"
    private static let retry = Duration.seconds(5)
    /// Between one row of writes and the next, whoever else writes the same.
    private static let pause = Duration.seconds(1)

    /// `changed` must be rung when `namespaces` or `anchors` change, and when this replica may write from now on.
    init(
        client: APIClient, namespaces: Informer<Namespace>, changed: WakeUp, anchors: ServingAnchors,
        logger: Logger, mayWrite: @escaping @Sendable () -> Bool
    ) {
        self.client = client
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
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.configMaps.run() }
            group.addTask {
                try? await self.namespaces.waitForSync()
                try? await self.configMaps.waitForSync()
                self.changed.ring()
                await self.changed.forEach { await self.settle() }
            }
        }
    }

    /// The opted-in namespaces whose ConfigMap has been read back and holds something else, or is not there.
    var lacking: [String] {
        Self.namespacesWanting(
            anchors.pem, optedIn: namespaces.records.values, having: configMaps.records)
    }

    private func settle() async {
        guard mayWrite(), namespaces.isSynced, configMaps.isSynced else { return }
        let bundle = anchors.pem
        let wanting = Self.namespacesWanting(
            bundle, optedIn: namespaces.records.values, having: configMaps.records)
        var failed = false
        for namespace in wanting {
            guard mayWrite() else { return }
            if await !write(bundle, into: namespace) { failed = true }
        }
        guard !wanting.isEmpty else { return }
        try? await Task.sleep(for: failed ? Self.retry : Self.pause)
        if failed { changed.ring() }
    }

    /// The namespaces whose ConfigMap is missing or holds something else, in the order of their names.
    static func namespacesWanting(
        _ bundle: String, optedIn namespaces: some Sequence<Namespace>, having: [ObjectKey: String]
    ) -> [String] {
        namespaces.filter { $0.optIn != nil && !$0.metadata.isBeingDeleted }.map(\.metadata.name)
            .filter { having[ObjectKey(namespace: $0, name: name)] != bundle }
            .sorted()
    }

    private func write(_ bundle: String, into namespace: String) async -> Bool {
        let configMap: JSONValue = [
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": [
                "name": .string(Self.name), "namespace": .string(namespace),
                "labels": ["app.kubernetes.io/managed-by": "podmint"],
            ],
            "data": [Self.key: .string(bundle)],
        ]
        do {
            _ = try await client.patch(
                .configMaps, namespace: namespace, name: Self.name, .apply(force: true),
                configMap.serialized())
            return true
        } catch  where error.isNotFound {
            return true
        } catch {
            logger.warning("cannot write the trust anchor", failure: error, ["namespace": "\(namespace)"])
            return false
        }
    }
}
