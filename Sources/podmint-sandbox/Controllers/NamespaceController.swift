// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Empties a namespace that is being deleted, then lets it go.
struct NamespaceController {
    let cluster: Cluster

    func reconcile(_ key: ObjectKey) -> Bool {
        guard let namespace = cluster.store.object(Resource.namespaces.shelf, key), namespace.isBeingDeleted
        else {
            return true
        }
        var isEmpty = true
        let deletion = Deletion(cluster: cluster)
        for resource in cluster.registry.all where resource.isNamespaced && !resource.isCreateOnly {
            for object in cluster.store.list(resource, namespace: key.name) {
                if !object.isBeingDeleted { _ = try? deletion.remove(object, resource, [:]) }
                if cluster.store.object(resource.shelf, object.key) != nil { isEmpty = false }
            }
        }
        // What is left wakes this again when it goes.
        guard isEmpty else { return true }
        let emptied = cluster.store.change(.namespaces, key) { $0.put([], "spec", "finalizers") }
        if let emptied, emptied.finalizers.isEmpty { cluster.store.remove(.namespaces, key) }
        return true
    }
}
