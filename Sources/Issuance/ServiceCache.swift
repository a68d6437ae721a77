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

/// By name, and put in order once after each change: they are asked for far more often than they change.
final class ServiceIndex: Sendable {
    /// More of one namespace are not looked at, since whoever decides walks through them all. It is as many as
    /// Kubernetes is tried with (its scalability thresholds).
    static let mostOfOneNamespace = 5000

    private struct Shelf {
        var services: [String: Service] = [:]
        var inOrder: [Service]?
    }

    private let namespaces = Mutex<[String: Shelf]>([:])

    func services(in namespace: String) -> [Service] {
        namespaces.withLock { namespaces in
            guard let shelf = namespaces[namespace] else { return [] }
            if let known = shelf.inOrder { return known }
            let all = shelf.services.values.sorted { $0.metadata.name < $1.metadata.name }
            let services = Array(all.prefix(Self.mostOfOneNamespace))
            namespaces[namespace]?.inOrder = services
            return services
        }
    }

    func apply(_ change: InformerChange<Service>) {
        namespaces.withLock { namespaces in
            let key = change.key
            switch change {
            case .set(_, let service, _):
                namespaces[key.namespace, default: Shelf()].services[key.name] = service
            case .removed: namespaces[key.namespace]?.services[key.name] = nil
            }
            namespaces[key.namespace]?.inOrder = nil
            if namespaces[key.namespace]?.services.isEmpty == true { namespaces[key.namespace] = nil }
        }
    }
}
