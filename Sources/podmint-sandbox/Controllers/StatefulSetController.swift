// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// StatefulSet → NAME-0, NAME-1, … in order, each with its own host name.
struct StatefulSetController {
    let cluster: Cluster
    private static let revisionLabel = "controller-revision-hash"

    func reconcile(_ key: ObjectKey) async -> Bool {
        guard let set = cluster.store.object(Resource.statefulSets.shelf, key), !set.isBeingDeleted,
            let template = set.find("spec", "template")
        else { return true }
        let maker = PodMaker(cluster: cluster, controller: "statefulset-controller")
        let revision = "\(set.name)-\(TemplateHash.of(template))"
        let wanted = Int(set.number("spec", "replicas") ?? 1)
        let pods = maker.pods(of: set)
        var byName: [String: JSONValue] = [:]
        for pod in pods { byName[pod.name] = pod }
        let isParallel = set.text("spec", "podManagementPolicy") == "Parallel"
        var done = true
        for ordinal in 0..<wanted {
            let name = "\(set.name)-\(ordinal)"
            if let pod = byName[name] {
                if !PodMaker.isActive(pod), !pod.isBeingDeleted { await maker.remove(pod, owner: set) }
                if PodMaker.isReady(pod) || isParallel { continue }
                break
            }
            done = await make(maker, set, template, name, ordinal, revision)
            if !isParallel || !done { break }
        }
        let surplus = pods.filter { pod in !(0..<wanted).contains { pod.name == "\(set.name)-\($0)" } }
        for pod in surplus.reversed() where !pod.isBeingDeleted { await maker.remove(pod, owner: set) }
        await replaceOutdated(maker, set, pods, revision)
        writeStatus(set, maker.pods(of: set), revision, wanted)
        return done
    }

    private func make(
        _ maker: PodMaker, _ set: JSONValue, _ template: JSONValue, _ name: String, _ ordinal: Int,
        _ revision: String
    ) async -> Bool {
        let labels = [
            Self.revisionLabel: revision, "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": String(ordinal),
        ]
        return await maker.make(from: template, owner: set, name: name, labels: labels) { pod in
            pod.put(.string(name), "spec", "hostname")
            if let service = set.find("spec", "serviceName") { pod.put(service, "spec", "subdomain") }
        }
    }

    /// One at a time, the highest first, when all are ready.
    private func replaceOutdated(_ maker: PodMaker, _ set: JSONValue, _ pods: [JSONValue], _ revision: String)
        async
    {
        guard set.text("spec", "updateStrategy", "type") != "OnDelete", pods.allSatisfy(PodMaker.isReady),
            let last = pods.filter({ $0.labels[Self.revisionLabel] != revision && !$0.isBeingDeleted })
                .max(by: {
                    $0.name.count == $1.name.count ? $0.name < $1.name : $0.name.count < $1.name.count
                })
        else { return }
        await maker.remove(last, owner: set)
    }

    private func writeStatus(_ set: JSONValue, _ pods: [JSONValue], _ revision: String, _ wanted: Int) {
        let active = pods.filter(PodMaker.isActive)
        let ready = Int64(active.count { PodMaker.isReady($0) })
        let updated = active.count { $0.labels[Self.revisionLabel] == revision }
        let isUpdated = updated == wanted && Int(ready) == wanted
        cluster.store.change(.statefulSets, set.key) { object in
            object.put(set.find("metadata", "generation"), "status", "observedGeneration")
            object.put(.integer(Int64(active.count)), "status", "replicas")
            object.put(ready == 0 ? nil : .integer(ready), "status", "readyReplicas")
            object.put(.integer(ready), "status", "availableReplicas")
            object.put(.integer(Int64(updated)), "status", "updatedReplicas")
            object.put(.string(revision), "status", "updateRevision")
            if isUpdated || object.find("status", "currentRevision") == nil {
                object.put(.string(revision), "status", "currentRevision")
                object.put(.integer(Int64(updated)), "status", "currentReplicas")
            }
            object.put(0, "status", "collisionCount")
        }
    }
}
