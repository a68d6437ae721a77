// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import KubernetesAPI
internal import KubernetesClient

/// Namespaces' labels out of the informer's memory.
struct NamespaceFacts: ClusterFacts {
    let namespaces: Informer<Namespace>

    func labels(ofNamespace name: String) -> NamespaceLabels {
        guard let namespace = namespaces.record(for: ObjectKey(name: name)) else { return .notYetSynced }
        return .known(namespace.metadata.labels)
    }
}
