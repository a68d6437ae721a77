// SPDX-License-Identifier: Apache-2.0
package import JSON
package import KubernetesAPI
package import SigningProtocol
package import Validation

/// A `TLSPolicy` (`podmint.dev/v1alpha1`): which pods, which names, which authority, how long.
package struct TLSPolicy: Hashable, Sendable {
    package var metadata: RecordMetadata
    package var generation: Int64
    package var name: PolicyName
    /// Nil: only pods that name the policy in annotation `podmint.dev/policy`.
    package var selector: LabelSelector?
    package var tls: TransportTLS
    /// Nil where the policy says nothing: a self-signed CA of its own.
    package var authority: AuthorityChoice?
    package var certificate: CertificateSettings
    package var mount: MountSettings
    /// For user certificates; nil leaves it to the Secret, the namespace and the default.
    package var validation: ValidationMode?

    package static let kind: StaticString = "TLSPolicy"

    /// Where its pods' certificates come from.
    package enum Source: Hashable, Sendable {
        /// A Secret of the policy's namespace: a CA to sign with or a certificate to mount, as its entries say.
        case secret(String)
        case authority(AuthorityChoice)
        /// Somebody else issues.
        case external
    }

    package var source: Source {
        if let secret = tls.certificateSecret { return .secret(secret) }
        return tls.selfSignedDisabled
            ? .external : .authority(authority ?? .selfSigned(SelfSignedAuthority()))
    }

    /// What a CA of this policy's own is called. No namespace has a dot, so no two policies share one.
    package var ownAuthorityName: String { "\(metadata.namespace).\(name)" }

    private static let fields = [
        "selector", "tls", "authority", "enrollment", "certificate", "service", "csi", "mount", "validation",
    ]
    private static let laterEnrollments = ["KubernetesCSR", "Pull", "Secret", "PodCertificate", "CSI"]

    package static func read(_ object: JSONView) -> PolicyReading<TLSPolicy> {
        let identity = PolicyIdentity(of: object, kind: kind)
        let log = FaultLog(object: "\(kind) \(identity.place)")
        let root = SpecField(view: object, path: "", log: log)
        let name = identity.policyName(log)
        guard let spec = root.object("spec", of: fields) else {
            if object["spec"].map(\.isNull) ?? true {
                log.add(
                    .invalidField, at: "spec", found: "nothing", wanted: "an object", fix: "Write spec: {}")
            }
            return PolicyReading(nil, log.faults)
        }
        for key in ["service", "csi"] { spec.refuseForNow(key) }
        _ = spec.word("enrollment", [("Push", ())], later: laterEnrollments)
        let policy = TLSPolicy(
            metadata: identity.metadata, generation: identity.generation, name: name ?? .standard,
            selector: selector(spec),
            tls: spec.object("tls", of: TransportTLS.fields).map { TransportTLS($0) } ?? TransportTLS(),
            authority: authority(spec),
            certificate: spec.object("certificate", of: CertificateSettings.fields).map {
                CertificateSettings($0)
            }
                ?? CertificateSettings(),
            mount: spec.object("mount", of: MountSettings.fields).map { MountSettings($0) }
                ?? MountSettings(),
            validation: spec.word("validation", ValidationMode.allCases.map { ($0.rawValue, $0) }))
        policy.checkSource(spec)
        return PolicyReading(policy, log.faults)
    }

    private static func selector(_ spec: SpecField) -> LabelSelector? {
        guard let field = spec.object("selector", of: ["matchLabels", "matchExpressions"]) else { return nil }
        do { return try LabelSelector(field.view) } catch {
            field.invalid(
                wanted: "a label selector (\(error.field))", fix: "Write matchLabels: {app: web}")
            return nil
        }
    }

    private static func authority(_ spec: SpecField) -> AuthorityChoice? {
        let kinds = ["selfSigned", "clusterAuthority", "kubernetesSigner", "vault"]
        guard let field = spec.object("authority", of: kinds) else { return nil }
        for key in ["kubernetesSigner", "vault"] { field.refuseForNow(key) }
        let given = kinds.filter { field.member($0) != nil }
        guard given.count == 1 else {
            field.invalid(wanted: "exactly one of \(kinds.joined(separator: ", "))", fix: "Keep one of them")
            return nil
        }
        if let own = field.object("selfSigned", of: SelfSignedAuthority.fields) {
            return .selfSigned(SelfSignedAuthority(own))
        }
        guard let shared = field.object("clusterAuthority", of: ["name"]) else { return nil }
        guard shared.member("name") != nil else {
            shared.missing("name", wanted: "the name of a ClusterAuthority", fix: "Write {name: default}")
            return nil
        }
        return shared.objectName("name").map { .clusterAuthority($0) }
    }

    /// Two answers to the question who signs are none.
    private func checkSource(_ spec: SpecField) {
        guard let authority = spec.member("authority") else { return }
        if tls.certificateSecret != nil {
            authority.invalid(
                wanted: "no authority beside tls.certificate",
                fix: "Remove spec.authority or spec.tls.certificate")
        } else if tls.selfSignedDisabled {
            authority.invalid(
                wanted: "no authority where tls.selfSignedCertificates.disabled is true",
                fix: "Remove one of them")
        }
    }
}
