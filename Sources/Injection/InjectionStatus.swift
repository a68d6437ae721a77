// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import SigningProtocol

/// The annotation `podmint.dev/status`: what injection did, for people, `podmint status` and the final check.
///
/// Anybody may write it, so nothing is decided by it but which containers were there when podmint saw the pod.
struct InjectionStatus: Hashable {
    /// Compact JSON.
    let text: String

    init(_ wish: CertificateWish, _ identity: AgentIdentity, containers: [String]) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("agent" as StaticString)
        writer.string(InjectedName.agent)
        writer.key("certificates" as StaticString)
        writer.beginArray()
        writer.beginObject()
        writer.key("policy" as StaticString)
        writer.string(wish.policy.text)
        writer.key("path" as StaticString)
        writer.string(wish.mountPath.text)
        writer.key("containers" as StaticString)
        writer.beginArray()
        for container in containers { writer.string(container) }
        writer.endArray()
        writer.key("user" as StaticString)
        writer.integer(identity.user)
        writer.key("mode" as StaticString)
        writer.string(identity.mode.text)
        writer.endObject()
        writer.endArray()
        writer.endObject()
        text = String(decoding: writer.bytes, as: UTF8.self)
    }

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
