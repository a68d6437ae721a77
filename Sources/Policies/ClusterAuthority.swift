// SPDX-License-Identifier: Apache-2.0
package import JSON
package import KubernetesAPI
internal import Validation

/// A `ClusterAuthority` (`podmint.dev/v1alpha1`): a CA that namespaces share, and who may get what from it.
package struct ClusterAuthority: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        case selfSigned(SelfSignedAuthority)
        /// `ca.crt` and `ca.key` in a Secret of podmint's own namespace.
        case secret(String)
    }

    package var metadata: RecordMetadata
    package var generation: Int64
    package var source: Source
    package var allow: [AllowRule]

    package static let kind: StaticString = "ClusterAuthority"

    private static let fields = ["selfSigned", "certificate", "kubernetesSigner", "vault", "allow"]

    package static func read(_ object: JSONView) -> PolicyReading<ClusterAuthority> {
        let identity = PolicyIdentity(of: object, kind: kind)
        let log = FaultLog(object: "\(kind) \(identity.metadata.name)")
        let root = SpecField(view: object, path: "", log: log)
        if SpecField.isObjectName(identity.metadata.name), !identity.metadata.name.contains("."),
            identity.metadata.name.utf8.count <= 63
        {
        } else {
            log.add(
                .invalidField, at: "metadata.name", found: "\"\(identity.metadata.name.prefix(100))\"",
                wanted: "at most 63 lower-case letters, digits and hyphens",
                fix: "Rename it: names with a dot are those of policies' own authorities")
        }
        guard let spec = root.object("spec", of: fields) else {
            if object["spec"].map(\.isNull) ?? true {
                log.add(
                    .invalidField, at: "spec", found: "nothing", wanted: "an object",
                    fix: "Write spec: {selfSigned: {}}")
            }
            return PolicyReading(nil, log.faults)
        }
        for key in ["kubernetesSigner", "vault"] { spec.refuseForNow(key) }
        let authority = ClusterAuthority(
            metadata: identity.metadata, generation: identity.generation, source: source(spec),
            allow: spec.list("allow", limit: 256).compactMap { rule in
                guard rule.view.isObject else {
                    rule.invalid(
                        wanted: "an object", fix: "Write {namespaces: [shop], dns: [\"*.shop.example\"]}")
                    return nil
                }
                rule.allow(AllowRule.fields)
                return AllowRule(rule)
            })
        return PolicyReading(authority, log.faults)
    }

    /// Self-signed where nothing is said.
    private static func source(_ spec: SpecField) -> Source {
        if spec.member("selfSigned") != nil, let certificate = spec.member("certificate") {
            certificate.invalid(wanted: "no certificate beside selfSigned", fix: "Remove one of them")
        }
        if let certificate = spec.object("certificate", of: ["secretName"]) {
            if let secret = certificate.objectName("secretName") { return .secret(secret) }
            if certificate.member("secretName") == nil {
                certificate.missing(
                    "secretName", wanted: "a Secret of podmint's namespace with ca.crt and ca.key",
                    fix: "Name it, or use selfSigned")
            }
        }
        let own = spec.object("selfSigned", of: SelfSignedAuthority.fields)
        return .selfSigned(own.map { SelfSignedAuthority($0) } ?? SelfSignedAuthority())
    }
}
