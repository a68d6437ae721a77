// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import KubernetesAPI
internal import KubernetesClient
internal import Synchronization

/// Namespaces' labels, kept apart from the informer's records: each review asks for them.
final class NamespaceFacts: ClusterFacts {
    private let namespaces = Mutex<[String: NamespaceLabels]>([:])

    func labels(ofNamespace name: String) -> NamespaceLabels {
        namespaces.withLock { $0[name] } ?? .notYetSynced
    }

    func apply(_ change: InformerChange<Namespace>) {
        namespaces.withLock { namespaces in
            switch change {
            case .set(let key, let namespace, _): namespaces[key.name] = .known(namespace.metadata.labels)
            case .removed(let key, _): namespaces[key.name] = nil
            }
        }
    }
}
