// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Deployment → ReplicaSets: the new one at full size, the old ones gone once it is available.
struct DeploymentController {
    let cluster: Cluster
    private static let name = "deployment-controller"
    private static let hashLabel = "pod-template-hash"
    private static let revision = "deployment.kubernetes.io/revision"

    func reconcile(_ key: ObjectKey) async -> Bool {
        guard let deployment = cluster.store.object(Resource.deployments.shelf, key),
            !deployment.isBeingDeleted,
            let template = deployment.find("spec", "template")
        else { return true }
        let hash = TemplateHash.of(template)
        let all = cluster.store.list(.replicaSets, namespace: key.namespace)
            .filter { $0.controllerReference?.text("uid") == deployment.uid }
        let desired = deployment.number("spec", "replicas") ?? 1
        guard let current = all.first(where: { $0.labels[Self.hashLabel] == hash }) else {
            let revision =
                1 + (all.compactMap { $0.annotations[Self.revision] }.compactMap { Int64($0) }.max() ?? 0)
            return await make(deployment, template, hash, desired, revision)
        }
        let old = all.filter { $0.uid != current.uid }
        let recreates = deployment.text("spec", "strategy", "type") == "Recreate"
        let oldPods = old.map { $0.number("status", "replicas") ?? 0 }.reduce(0, +)
        if !(recreates && oldPods > 0) { scale(current, to: desired) }
        let available = current.number("status", "availableReplicas") ?? 0
        if recreates || available >= desired { for set in old { scale(set, to: 0) } }
        writeStatus(deployment, current, old, desired)
        return true
    }

    private func make(
        _ deployment: JSONValue, _ template: JSONValue, _ hash: String, _ replicas: Int64, _ revision: Int64
    ) async -> Bool {
        var labelled = template
        labelled.put(.string(hash), "metadata", "labels", Self.hashLabel)
        var selector = deployment.find("spec", "selector") ?? [:]
        selector.put(.string(hash), "matchLabels", Self.hashLabel)
        let set: JSONValue = [
            "kind": "ReplicaSet", "apiVersion": "apps/v1",
            "metadata": [
                "name": .string("\(deployment.name)-\(hash)"), "namespace": .string(deployment.namespace),
                "labels": labelled.find("metadata", "labels") ?? [:],
                "annotations": [Self.revision: .string(String(revision))],
                "ownerReferences": [deployment.ownerReference()],
            ],
            "spec": ["replicas": .integer(replicas), "selector": selector, "template": labelled],
        ]
        let request = ResourceRequest(
            resource: .replicaSets, namespace: deployment.namespace, identity: .controller(Self.name),
            userAgent: "kube-controller-manager")
        let events = EventRecorder(cluster: cluster)
        do throws(APIError) {
            let made = try await ObjectWriter(cluster: cluster).create(request, set)
            cluster.store.change(.deployments, deployment.key) {
                $0.put(.string(String(revision)), "metadata", "annotations", Self.revision)
            }
            events.record(
                deployment, "Normal", "ScalingReplicaSet",
                "Scaled up replica set \(made.object.name) from 0 to \(replicas)", Self.name)
            return true
        } catch {
            events.record(
                deployment, "Warning", "ReplicaSetCreateError",
                "Failed to create new replica set \"\(set.name)\": \(error.message)", Self.name)
            return error.code == 409
        }
    }

    private func scale(_ set: JSONValue, to replicas: Int64) {
        cluster.store.change(.replicaSets, set.key) { set in
            guard set.number("spec", "replicas") != replicas else { return }
            set.put(.integer(replicas), "spec", "replicas")
            set.put(.integer((set.number("metadata", "generation") ?? 0) + 1), "metadata", "generation")
        }
    }

    private func writeStatus(
        _ deployment: JSONValue, _ current: JSONValue, _ old: [JSONValue], _ desired: Int64
    ) {
        func total(_ field: String) -> Int64 {
            ([current] + old).map { $0.number("status", field) ?? 0 }.reduce(0, +)
        }
        let updated = current.number("status", "replicas") ?? 0
        let available = total("availableReplicas")
        let isComplete = updated == desired && available >= desired && total("replicas") == desired
        let failure = current.condition("ReplicaFailure")
        let now = cluster.surroundings.now
        let generation = deployment.number("metadata", "generation") ?? 1
        cluster.store.change(.deployments, deployment.key) { object in
            object.put(.integer(generation), "status", "observedGeneration")
            for (field, value) in [
                ("replicas", total("replicas")), ("updatedReplicas", updated),
                ("readyReplicas", total("readyReplicas")),
                ("availableReplicas", available), ("unavailableReplicas", max(0, desired - available)),
            ] { object.put(value == 0 ? nil : .integer(value), "status", field) }
            Condition.set(
                "Available", available >= desired,
                available >= desired ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                available >= desired
                    ? "Deployment has minimum availability."
                    : "Deployment does not have minimum availability.",
                now: now, in: &object)
            Condition.set(
                "Progressing", true, isComplete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
                "ReplicaSet \"\(current.name)\" \(isComplete ? "has successfully progressed" : "is progressing").",
                now: now, in: &object)
            if let failure {
                Condition.set(
                    "ReplicaFailure", true, "FailedCreate", failure.text("message") ?? "", now: now,
                    in: &object)
            } else {
                Condition.clear("ReplicaFailure", in: &object)
            }
        }
    }
}
