// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import SigningProtocol

/// The annotation `podmint.dev/status`: what injection did, for people, `podmint status` and the final check.
///
/// Anybody may write it, so nothing is decided by it but which containers were there when podmint saw the pod.
struct InjectionStatus: Hashable {
    let containers: [String]
    let json: JSONValue

    init(_ wish: CertificateWish, _ identity: AgentIdentity, containers: [String]) {
        self.containers = containers
        json = [
            "agent": .string(InjectedName.agent),
            "certificates": [
                [
                    "policy": .string(wish.policy.text),
                    "path": .string(wish.mountPath.text),
                    "containers": .array(containers.map(JSONValue.string)),
                    "user": .integer(identity.user),
                    "mode": .string(identity.mode.text),
                ]
            ],
        ]
    }

    var text: String { json.text }

    static let key = AnnotationName.prefix.description + AnnotationName.status

    /// Which containers a pod's status names; nil when it has none that can be read. Annotations of a pod have 256 KiB.
    static func recordedContainers(_ pod: PodView) -> Set<String>? {
        guard let text = pod.metadata.annotation(key), text.utf8.count <= 256 * 1024,
            let status = try? JSONValue(parsing: text),
            let containers = status["certificates"]?[0]?["containers"]?.array
        else { return nil }
        return Set(containers.compactMap(\.string))
    }
}
