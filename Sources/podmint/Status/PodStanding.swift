// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// How a pod that has to do with podmint stands.
struct PodStanding: Equatable {
    enum State: String {
        case injected
        /// It asks for a certificate, lives where podmint injects, and has no agent.
        case missed
    }

    let namespace: String
    let name: String
    let state: State
    let certificates: [AuditTrail.Certificate]

    /// Nil for a pod that has nothing to do with podmint, or runs no more.
    init?(_ pod: JSONValue, injecting namespaces: Set<String>, _ trail: AuditTrail) {
        let phase = pod.at("status", "phase")?.string
        guard phase != "Succeeded", phase != "Failed",
            let namespace = pod.at("metadata", "namespace")?.string,
            let name = pod.at("metadata", "name")?.string
        else { return nil }
        let annotations = pod.at("metadata", "annotations")
        let hasAgent = (pod.at("spec", "initContainers")?.array ?? []).contains {
            $0["name"] == "podmint-agent"
        }
        let asks = annotations?["podmint.dev/inject"] == "true"
        guard hasAgent || (asks && namespaces.contains(namespace)) else { return nil }
        self.namespace = namespace
        self.name = name
        state = hasAgent ? .injected : .missed
        certificates = trail.certificates(ofPod: pod.at("metadata", "uid")?.string ?? "")
    }
}
