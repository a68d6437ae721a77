// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Which work an event makes.
struct WorkMap {
    let cluster: Cluster

    func work(for event: StoreEvent) -> Set<Work> {
        let object = event.object
        var work: Set<Work> = []
        if let own = own(event.shelf, object.key) { work.insert(own) }
        for owner in object.ownerReferences { work.formUnion(self.owner(owner, of: object)) }
        if event.change == .deleted {
            work.insert(.orphansOf(uid: object.uid, namespace: object.namespace))
            if !object.namespace.isEmpty {
                work.insert(.namespace(ObjectKey(namespace: "", name: object.namespace)))
            }
        }
        if object.isBeingDeleted, object.finalizers.contains("foregroundDeletion") {
            work.insert(.foreground(shelf: event.shelf, object.key))
        }
        if event.shelf == Resource.pods.shelf {
            for service in cluster.store.list(.services, namespace: object.namespace) {
                work.insert(.service(service.key))
            }
        }
        return work
    }

    private func own(_ shelf: String, _ key: ObjectKey) -> Work? {
        switch shelf {
        case Resource.deployments.shelf: .deployment(key)
        case Resource.replicaSets.shelf: .replicaSet(key)
        case Resource.statefulSets.shelf: .statefulSet(key)
        case Resource.daemonSets.shelf: .daemonSet(key)
        case Resource.jobs.shelf: .job(key)
        case Resource.services.shelf: .service(key)
        case Resource.namespaces.shelf: .namespace(key)
        case Resource.customResources.shelf: .definition(key)
        default: nil
        }
    }

    private func owner(_ reference: JSONValue, of object: JSONValue) -> [Work] {
        let name = reference.text("name") ?? ""
        guard
            let resource = cluster.registry.resource(
                apiVersion: reference.text("apiVersion") ?? "", kind: reference.text("kind") ?? "")
        else { return [] }
        let key = ObjectKey(namespace: resource.isNamespaced ? object.namespace : "", name: name)
        var work = own(resource.shelf, key).map { [$0] } ?? []
        if cluster.store.object(resource.shelf, key)?.finalizers.contains("foregroundDeletion") == true {
            work.append(.foreground(shelf: resource.shelf, key))
        }
        return work
    }
}
