// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import Policies
internal import SigningProtocol

/// The annotation `podmint.dev/status`: what injection did, for people, `podmint status` and the final check.
///
/// Anybody may write it, so nothing is decided by it but which containers were there when podmint saw the pod.
struct InjectionStatus: Hashable {
    /// Compact JSON.
    let text: String

    init(_ certificates: [PlannedCertificate], _ identity: AgentIdentity, _ containers: [ContainerView]) {
        var writer = JSONWriter()
        writer.beginObject()
        if certificates.contains(where: { $0.issued != nil }) {
            writer.key("agent" as StaticString)
            writer.string(InjectedName.agent)
        }
        writer.key("certificates" as StaticString)
        writer.beginArray()
        for certificate in certificates {
            writer.beginObject()
            writer.key("policy" as StaticString)
            writer.string(certificate.policy.text)
            writer.key("path" as StaticString)
            writer.string(certificate.path.text)
            writer.key("containers" as StaticString)
            writer.beginArray()
            for container in containers { writer.string(container.name) }
            writer.endArray()
            Self.write(certificate.source, identity, to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        text = String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func write(
        _ source: PlannedCertificate.Source, _ identity: AgentIdentity, to writer: inout JSONWriter
    ) {
        switch source {
        case .issued:
            writer.key("user" as StaticString)
            writer.integer(identity.user)
            writer.key("mode" as StaticString)
            writer.string(identity.mode.text)
        case .secret(let name, _):
            writer.key("secret" as StaticString)
            writer.string(name)
        case .trust(.configMap(let name)):
            writer.key("trustConfigMap" as StaticString)
            writer.string(name)
        case .trust(.secret(let name)):
            writer.key("trustSecret" as StaticString)
            writer.string(name)
        }
    }

    static let key = AnnotationName.prefix.description + AnnotationName.status

    /// What a pod's status says; nil when it has none that can be read. Annotations of a pod have 256 KiB.
    static func recorded(_ pod: PodView) -> Recorded? {
        guard let text = pod.metadata.annotation(key), text.utf8.count <= 256 * 1024,
            let status = try? JSONValue(parsing: text), let certificates = status["certificates"]?.array,
            let containers = certificates.first?["containers"]?.array
        else { return nil }
        return Recorded(
            containers: Set(containers.compactMap(\.string)),
            policies: certificates.compactMap { $0["policy"]?.string })
    }

    struct Recorded {
        /// All certificates of a pod go to the same containers.
        let containers: Set<String>
        let policies: [String]
    }
}
