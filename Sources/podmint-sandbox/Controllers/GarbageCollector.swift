// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Deletes what belonged only to an owner that is gone.
struct GarbageCollector {
    let cluster: Cluster

    func collect(owner uid: String, namespace: String) -> Bool {
        for (resource, object) in dependents(of: uid, in: namespace) {
            let rest = object.ownerReferences.filter {
                $0.text("uid") != uid && isAlive($0, object.namespace)
            }
            if rest.isEmpty {
                if !object.isBeingDeleted {
                    _ = try? Deletion(cluster: cluster).remove(object, resource, [:])
                }
            } else {
                cluster.store.change(resource, object.key) {
                    $0.put(.array(rest), "metadata", "ownerReferences")
                }
            }
        }
        return true
    }

    /// Foreground deletion: dependents first, the owner when none is left.
    func finishForeground(_ shelf: String, _ key: ObjectKey) -> Bool {
        guard let owner = cluster.store.object(shelf, key), owner.isBeingDeleted,
            let resource = cluster.registry.all.first(where: { $0.shelf == shelf })
        else { return true }
        let dependents = dependents(of: owner.uid, in: key.namespace)
        for (resource, object) in dependents where !object.isBeingDeleted {
            _ = try? Deletion(cluster: cluster).remove(object, resource, ["propagationPolicy": "Foreground"])
        }
        guard self.dependents(of: owner.uid, in: key.namespace).isEmpty else { return true }
        let left = owner.finalizers.filter { $0 != "foregroundDeletion" }
        cluster.store.change(resource, key) { object in
            object.put(left.isEmpty ? nil : .texts(left), "metadata", "finalizers")
        }
        if left.isEmpty, Deletion.isOverOnceUnfinalized(owner) {
            cluster.store.remove(resource, key, uid: owner.uid)
        }
        return true
    }

    private func dependents(of uid: String, in namespace: String) -> [(Resource, JSONValue)] {
        var found: [(Resource, JSONValue)] = []
        for resource in cluster.registry.all where !resource.isCreateOnly && resource != .newEvents {
            for object in cluster.store.list(resource, namespace: namespace.isEmpty ? nil : namespace)
            where object.ownerReferences.contains(where: { $0.text("uid") == uid }) {
                found.append((resource, object))
            }
        }
        return found
    }

    private func isAlive(_ reference: JSONValue, _ namespace: String) -> Bool {
        guard
            let resource = cluster.registry.resource(
                apiVersion: reference.text("apiVersion") ?? "", kind: reference.text("kind") ?? "")
        else { return true }
        let key = ObjectKey(
            namespace: resource.isNamespaced ? namespace : "", name: reference.text("name") ?? "")
        return cluster.store.object(resource.shelf, key)?.uid == reference.text("uid")
    }
}
