// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// DaemonSet → one pod on the one node.
struct DaemonSetController {
    let cluster: Cluster
    private static let revisionLabel = "controller-revision-hash"

    func reconcile(_ key: ObjectKey) async -> Bool {
        guard let set = cluster.store.object(Resource.daemonSets.shelf, key), !set.isBeingDeleted,
            let template = set.find("spec", "template")
        else { return true }
        let maker = PodMaker(cluster: cluster, controller: "daemon-set-controller")
        let revision = TemplateHash.of(template)
        let wanted = cluster.store.list(.nodes).count
        let active = maker.pods(of: set).filter(PodMaker.isActive)
        var done = true
        for pod in active where pod.labels[Self.revisionLabel] != revision {
            await maker.remove(pod, owner: set)
        }
        let current = active.filter { $0.labels[Self.revisionLabel] == revision }
        if current.count < wanted {
            done = await maker.make(
                from: template, owner: set,
                labels: [Self.revisionLabel: revision, "pod-template-generation": "1"])
        }
        let pods = maker.pods(of: set).filter(PodMaker.isActive)
        let ready = Int64(pods.count { PodMaker.isReady($0) })
        cluster.store.change(.daemonSets, key) { object in
            object.put(set.find("metadata", "generation"), "status", "observedGeneration")
            for (field, value) in [
                ("desiredNumberScheduled", Int64(wanted)), ("currentNumberScheduled", Int64(pods.count)),
                ("updatedNumberScheduled", Int64(pods.count { $0.labels[Self.revisionLabel] == revision })),
                ("numberReady", ready), ("numberAvailable", ready), ("numberMisscheduled", 0),
            ] { object.put(.integer(value), "status", field) }
        }
        return done
    }
}
