// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
package import KubernetesClient
internal import Synchronization

/// All Services of the cluster by namespace, kept current by an informer: an issuance reads one namespace's without
/// walking through the others'.
package final class ServiceCache: Sendable {
    private let index: ServiceIndex
    private let informer: Informer<Service>

    package init(client: APIClient, onTrouble: (@Sendable (InformerTrouble) -> Void)? = nil) {
        let index = ServiceIndex()
        self.index = index
        informer = Informer(
            client: client, resource: .services, decode: { try? Service($0) }, onChange: { index.apply($0) },
            onTrouble: onTrouble)
    }

    /// Follows the cluster until it is cancelled.
    package func run() async { await informer.run() }

    package var health: InformerHealth { informer.health }
    package var isSynced: Bool { informer.isSynced }

    /// Returns when a first whole list has been seen.
    package func waitForSync() async throws { try await informer.waitForSync() }

    /// One of them, found by its name alone.
    package func service(_ name: String, in namespace: String) -> Service? {
        informer.record(for: ObjectKey(namespace: namespace, name: name))
    }

    /// Nil until a first whole list has been seen.
    package func services(in namespace: String) -> [Service]? {
        informer.isSynced ? index.services(in: namespace) : nil
    }
}

final class ServiceIndex: Sendable {
    private let namespaces = Mutex<[String: [String: Service]]>([:])

    func services(in namespace: String) -> [Service] {
        namespaces.withLock { $0[namespace].map { Array($0.values) } ?? [] }
    }

    func apply(_ change: InformerChange<Service>) {
        namespaces.withLock { namespaces in
            switch change {
            case .set(let key, let service, _): namespaces[key.namespace, default: [:]][key.name] = service
            case .removed(let key, _):
                namespaces[key.namespace]?[key.name] = nil
                if namespaces[key.namespace]?.isEmpty == true { namespaces[key.namespace] = nil }
            }
        }
    }
}
