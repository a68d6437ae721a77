// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// ReplicaSet → pods: as many as wanted.
struct ReplicaSetController {
    let cluster: Cluster

    func reconcile(_ key: ObjectKey) async -> Bool {
        guard let set = cluster.store.object(Resource.replicaSets.shelf, key), !set.isBeingDeleted,
            let template = set.find("spec", "template")
        else { return true }
        let maker = PodMaker(cluster: cluster, controller: "replicaset-controller")
        let active = maker.pods(of: set).filter(PodMaker.isActive)
        let wanted = Int(set.number("spec", "replicas") ?? 1)
        var failed = false
        for _ in 0..<max(0, wanted - active.count) where !failed {
            failed = await !maker.make(from: template, owner: set)
        }
        // The newest go first, unready ones before ready ones.
        let surplus = active.filter { !PodMaker.isReady($0) } + active.filter(PodMaker.isReady).reversed()
        for pod in surplus.prefix(max(0, active.count - wanted)) { await maker.remove(pod, owner: set) }
        writeStatus(set, maker.pods(of: set).filter(PodMaker.isActive), failed)
        return !failed
    }

    private func writeStatus(_ set: JSONValue, _ pods: [JSONValue], _ failed: Bool) {
        let ready = Int64(pods.count { PodMaker.isReady($0) })
        let message = failed ? lastFailure(of: set) : ""
        let now = cluster.surroundings.now
        cluster.store.change(.replicaSets, set.key) { object in
            object.put(.integer(Int64(pods.count)), "status", "replicas")
            for field in ["readyReplicas", "availableReplicas"] {
                object.put(ready == 0 ? nil : .integer(ready), "status", field)
            }
            object.put(pods.isEmpty ? nil : .integer(Int64(pods.count)), "status", "fullyLabeledReplicas")
            object.put(set.find("metadata", "generation"), "status", "observedGeneration")
            if failed {
                Condition.set("ReplicaFailure", true, "FailedCreate", message, now: now, in: &object)
            } else {
                Condition.clear("ReplicaFailure", in: &object)
            }
        }
    }

    private func lastFailure(of set: JSONValue) -> String {
        let events = cluster.store.list(.events, namespace: set.namespace)
            .filter { $0.text("involvedObject", "uid") == set.uid && $0.text("reason") == "FailedCreate" }
        let last = events.max { ($0.text("lastTimestamp") ?? "") < ($1.text("lastTimestamp") ?? "") }
        let text = last?.text("message") ?? ""
        return text.hasPrefix("Error creating: ") ? String(text.dropFirst("Error creating: ".count)) : text
    }
}
