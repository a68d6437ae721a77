// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What a stored object sets going at once, so that the next request finds it done.
struct SideEffects {
    let cluster: Cluster

    func afterWrite(_ object: JSONValue, _ resource: Resource) {
        switch resource {
        case .namespaces:
            if !object.isBeingDeleted { Bootstrap(cluster: cluster).furnish(namespace: object.name) }
        default: break
        }
    }
}
