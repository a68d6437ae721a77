// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import KubernetesAPI
internal import KubernetesClient
internal import Synchronization

/// Namespaces' labels, kept apart from the informer's records: each review asks for them.
final class NamespaceFacts: ClusterFacts {
    private struct State {
        var isSynced = false
        var namespaces: [String: NamespaceLabels] = [:]
    }

    private let state = Mutex(State())

    func labels(ofNamespace name: String) -> NamespaceLabels {
        state.withLock { $0.namespaces[name] ?? ($0.isSynced ? .unheard : .notYetSynced) }
    }

    /// All namespaces have been listed.
    func markSynced() { state.withLock { $0.isSynced = true } }

    func apply(_ change: InformerChange<Namespace>) {
        state.withLock { state in
            switch change {
            case .set(let key, let namespace, _):
                state.namespaces[key.name] = .known(namespace.metadata.labels)
            case .removed(let key, _): state.namespaces[key.name] = nil
            }
        }
    }
}
