// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Makes and removes pods for an owner, through admission like anybody, and tells when it is refused.
struct PodMaker {
    let cluster: Cluster
    let controller: String

    /// False when the pod was refused; an Event on the owner says why.
    func make(
        from template: JSONValue, owner: JSONValue, name: String? = nil, labels: [String: String] = [:],
        change: (inout JSONValue) -> Void = { _ in }
    ) async -> Bool {
        var pod: JSONValue = ["kind": "Pod", "apiVersion": "v1", "metadata": [:]]
        if let name {
            pod.put(.string(name), "metadata", "name")
        } else {
            pod.put(.string(owner.name + "-"), "metadata", "generateName")
        }
        pod.put(.string(owner.namespace), "metadata", "namespace")
        let all = template.labels.merging(labels) { _, new in new }
        if !all.isEmpty { pod.put(.texts(all), "metadata", "labels") }
        if let annotations = template.find("metadata", "annotations") {
            pod.put(annotations, "metadata", "annotations")
        }
        pod.put([owner.ownerReference()], "metadata", "ownerReferences")
        pod.put(template.find("spec") ?? [:], "spec")
        change(&pod)
        let request = ResourceRequest(
            resource: .pods, namespace: owner.namespace, identity: identity,
            userAgent: "kube-controller-manager")
        let events = EventRecorder(cluster: cluster)
        do throws(APIError) {
            let written = try await ObjectWriter(cluster: cluster).create(request, pod)
            events.record(
                owner, "Normal", "SuccessfulCreate", "Created pod: \(written.object.name)", controller)
            return true
        } catch {
            events.record(owner, "Warning", "FailedCreate", "Error creating: \(error.message)", controller)
            return false
        }
    }

    func remove(_ pod: JSONValue, owner: JSONValue) async {
        let request = ResourceRequest(
            resource: .pods, namespace: pod.namespace, name: pod.name, identity: identity,
            userAgent: "kube-controller-manager")
        let removed = try? await Deletion(cluster: cluster).delete(request, options: [:])
        guard removed != nil else { return }
        EventRecorder(cluster: cluster)
            .record(owner, "Normal", "SuccessfulDelete", "Deleted pod: \(pod.name)", controller)
    }

    /// The pods of this owner, oldest first.
    func pods(of owner: JSONValue) -> [JSONValue] {
        cluster.store.list(.pods, namespace: owner.namespace)
            .filter { $0.controllerReference?.text("uid") == owner.uid }
            .sorted {
                ($0.text("metadata", "creationTimestamp") ?? "", $0.name) < (
                    $1.text("metadata", "creationTimestamp") ?? "", $1.name
                )
            }
    }

    private var identity: Identity { .controller(controller) }

    static func isActive(_ pod: JSONValue) -> Bool {
        !pod.isBeingDeleted && !["Succeeded", "Failed"].contains(pod.text("status", "phase"))
    }

    static func isReady(_ pod: JSONValue) -> Bool { pod.condition("Ready")?.text("status") == "True" }
}
