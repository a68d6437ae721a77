// SPDX-License-Identifier: Apache-2.0
internal import JSON

extension TableColumn {
    static func columns(of kind: String) -> [TableColumn] {
        switch kind {
        case "Pod": pod
        case "Namespace": [name, text("Status", "status", "phase"), age]
        case "Deployment":
            [
                name,
                ratio("Ready", ["status", "readyReplicas"], ["spec", "replicas"]),
                number("Up-to-date", "status", "updatedReplicas"),
                number("Available", "status", "availableReplicas"),
                age,
            ]
        case "ReplicaSet":
            [
                name, number("Desired", "spec", "replicas"), number("Current", "status", "replicas"),
                number("Ready", "status", "readyReplicas"), age,
            ]
        case "StatefulSet": [name, ratio("Ready", ["status", "readyReplicas"], ["spec", "replicas"]), age]
        case "DaemonSet":
            [
                name, number("Desired", "status", "desiredNumberScheduled"),
                number("Current", "status", "currentNumberScheduled"),
                number("Ready", "status", "numberReady"),
                number("Up-to-date", "status", "updatedNumberScheduled"),
                number("Available", "status", "numberAvailable"),
                age,
            ]
        case "Job":
            [
                name, TableColumn("Status") { object, _ in .string(jobStatus(object)) },
                ratio("Completions", ["status", "succeeded"], ["spec", "completions"]), age,
            ]
        case "Service": service
        case "Secret": [name, text("Type", "type"), count("Data", "data"), age]
        case "ConfigMap": [name, count("Data", "data"), age]
        case "Node":
            [
                name,
                TableColumn("Status") { object, _ in
                    .string(object.condition("Ready")?.text("status") == "True" ? "Ready" : "NotReady")
                },
                TableColumn("Roles") { _, _ in "<none>" }, age,
                text("Version", "status", "nodeInfo", "kubeletVersion"),
            ]
        case "Event":
            [
                TableColumn("Last Seen") { object, now in
                    .string(
                        Age.text(
                            object.text("lastTimestamp") ?? object.text("metadata", "creationTimestamp"),
                            now: now))
                },
                text("Type", "type"), text("Reason", "reason"),
                TableColumn("Object") { object, _ in
                    let kind = object.text("involvedObject", "kind") ?? ""
                    return .string("\(kind.lowercased())/\(object.text("involvedObject", "name") ?? "")")
                },
                text("Message", "message"),
                TableColumn("Name", format: "name", priority: 1) { object, _ in .string(object.name) },
            ]
        case "Lease": [name, text("Holder", "spec", "holderIdentity"), age]
        case "RoleBinding", "ClusterRoleBinding":
            [
                name,
                TableColumn("Role") { object, _ in
                    .string("\(object.text("roleRef", "kind") ?? "")/\(object.text("roleRef", "name") ?? "")")
                },
                age,
            ]
        case "Role", "ClusterRole", "CustomResourceDefinition": [name, createdAt]
        case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration":
            [name, count("Webhooks", "webhooks"), age]
        case "CertificateSigningRequest":
            [
                name, age, text("SignerName", "spec", "signerName"), text("Requestor", "spec", "username"),
                TableColumn("Condition") { object, _ in
                    let conditions = object.list("status", "conditions").compactMap { $0.text("type") }
                    let issued = object.find("status", "certificate") == nil ? [] : ["Issued"]
                    return .string(
                        (conditions.isEmpty ? ["Pending"] : conditions + issued).joined(separator: ","))
                },
            ]
        default: [name, age]
        }
    }

    private static let pod: [TableColumn] = [
        name,
        TableColumn("Ready") { pod, _ in
            let (ready, all) = PodSummary.readiness(pod)
            return .string("\(ready)/\(all)")
        },
        TableColumn("Status") { pod, _ in .string(PodSummary.status(pod)) },
        TableColumn("Restarts") { pod, _ in .string(String(PodSummary.restarts(pod))) },
        age, text("IP", priority: 1, "status", "podIP"), text("Node", priority: 1, "spec", "nodeName"),
        text("Nominated Node", priority: 1, "status", "nominatedNodeName"),
        TableColumn("Readiness Gates", priority: 1) { _, _ in "<none>" },
    ]

    private static let service: [TableColumn] = [
        name, text("Type", "spec", "type"), text("Cluster-IP", "spec", "clusterIP"),
        TableColumn("External-IP") { object, _ in .string(object.text("spec", "externalName") ?? "<none>") },
        TableColumn("Port(s)") { object, _ in
            let ports = object.list("spec", "ports").map {
                "\($0.number("port") ?? 0)/\($0.text("protocol") ?? "TCP")"
            }
            return .string(ports.isEmpty ? "<none>" : ports.joined(separator: ","))
        },
        age,
        TableColumn("Selector", priority: 1) { object, _ in
            let pairs = object.textMap("spec", "selector").sorted { $0.key < $1.key }.map {
                "\($0.key)=\($0.value)"
            }
            return .string(pairs.isEmpty ? "<none>" : pairs.joined(separator: ","))
        },
    ]

    private static func ratio(_ name: String, _ part: [String], _ whole: [String]) -> TableColumn {
        TableColumn(name) { object, _ in
            .string("\(object.find(part[...])?.integer ?? 0)/\(object.find(whole[...])?.integer ?? 0)")
        }
    }

    private static func jobStatus(_ job: JSONValue) -> String {
        if job.condition("Complete")?.text("status") == "True" { return "Complete" }
        return job.condition("Failed")?.text("status") == "True" ? "Failed" : "Running"
    }
}

/// What the STATUS, READY and RESTARTS columns of a pod say; native sidecars count as containers.
enum PodSummary {
    static func readiness(_ pod: JSONValue) -> (ready: Int, all: Int) {
        let statuses = pod.list("status", "containerStatuses") + sidecarStatuses(pod)
        return (
            statuses.filter { $0.flag("ready") }.count,
            pod.list("spec", "containers").count + sidecars(pod).count
        )
    }

    static func status(_ pod: JSONValue) -> String {
        if pod.isBeingDeleted { return "Terminating" }
        let inits = pod.list("status", "initContainerStatuses")
        let waiting = (inits + pod.list("status", "containerStatuses")).compactMap {
            $0.text("state", "waiting", "reason")
        }
        if let reason = waiting.first(where: { $0 != "PodInitializing" && $0 != "ContainerCreating" }) {
            return reason
        }
        let phase = pod.text("status", "phase") ?? "Unknown"
        if phase == "Pending", !inits.isEmpty {
            let done = inits.filter { $0.flag("ready") || $0.flag("started") }.count
            if done < inits.count { return "Init:\(done)/\(inits.count)" }
        }
        if phase == "Pending", waiting.contains("PodInitializing") { return "PodInitializing" }
        if phase == "Pending", waiting.contains("ContainerCreating") { return "ContainerCreating" }
        return phase == "Succeeded" ? "Completed" : phase
    }

    static func restarts(_ pod: JSONValue) -> Int64 {
        (pod.list("status", "containerStatuses") + sidecarStatuses(pod)).map {
            $0.number("restartCount") ?? 0
        }.reduce(0, +)
    }

    private static func sidecars(_ pod: JSONValue) -> [String] {
        pod.list("spec", "initContainers").filter { $0.text("restartPolicy") == "Always" }.compactMap {
            $0.text("name")
        }
    }

    private static func sidecarStatuses(_ pod: JSONValue) -> [JSONValue] {
        let names = sidecars(pod)
        return pod.list("status", "initContainerStatuses").filter { names.contains($0.text("name") ?? "") }
    }
}
