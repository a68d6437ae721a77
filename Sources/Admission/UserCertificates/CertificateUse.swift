// SPDX-License-Identifier: Apache-2.0
internal import Injection
internal import KubernetesAPI
internal import Policies
internal import Validation

/// A user certificate that pods serve with, and what it must be good for.
struct CertificateUse: Hashable, Sendable {
    let secret: String
    /// Where the Secret is named: `metadata.annotations[podmint.dev/secret]`.
    let field: String
    let expectation: Expectation
    /// What the policy that names it says; nil where none does.
    let policyMode: ValidationMode?
    let isByAnnotation: Bool
    /// There are more pods, or Services that select them, than names are looked for.
    let isCutShort: Bool
}

extension CertificateUse {
    /// The Secrets that pods name as their certificates, by annotation or by a policy that they are under.
    static func all(_ pods: ServedPods, _ around: Surroundings) -> [CertificateUse] {
        let wish = pods.annotations
        guard wish[AnnotationName.inject.rawValue] != "false" else { return [] }
        let named = wish[AnnotationName.secret.rawValue].flatMap { $0.isEmpty ? nil : $0 }
        let mounting = around.policies.filter { $0.tls.certificateSecret != nil && pods.areUnder($0) }
        // Most pods name no Secret, and what they are called is then nobody's business here.
        guard named != nil || !mounting.isEmpty else { return [] }
        let reached = pods.names(around.services)
        var uses: [CertificateUse] = []
        if let secret = named {
            let names = reached.wanted + wishedNames(wish)
            uses.append(
                CertificateUse(
                    secret: secret, field: AnnotationName.field(AnnotationName.secret.rawValue),
                    expectation: Expectation(
                        names: names, usage: names.isEmpty ? nil : .server, isUsageImplied: true),
                    policyMode: nil, isByAnnotation: true, isCutShort: reached.isCutShort))
        }
        for policy in mounting {
            guard let secret = policy.tls.certificateSecret else { continue }
            let names = reached.wanted + pods.names(of: policy, around)
            let serves = policy.certificate.usages.contains(.server)
            uses.append(
                CertificateUse(
                    secret: secret, field: "TLSPolicy \(policy.metadata.name)",
                    expectation: Expectation(
                        names: serves ? names : [], usage: serves ? .server : .client, isUsageImplied: true),
                    policyMode: policy.validation, isByAnnotation: false, isCutShort: reached.isCutShort))
        }
        return uses
    }

    /// It is named as a certificate, and is an authority's.
    func withoutLeaf(_ title: String) -> Fault {
        Fault(
            .missingKey, object: title, field: "data[tls.crt]",
            found: "it holds an authority (ca.key) and no certificate to serve with",
            wanted: "tls.crt and tls.key, since \(field) names it",
            fix:
                "Name a Secret with a certificate, or let a TLSPolicy sign with this one (spec.tls.certificate.secretName)."
        )
    }

    /// What else decides which names pods serve.
    struct Surroundings {
        let services: SelectingServices
        let policies: [TLSPolicy]
        let clusterDomain: String
        let trustDomain: String
    }

    /// What the annotations add by hand. Names with variables are known once the pod runs, not now.
    private static func wishedNames(_ annotations: [String: String]) -> [WantedName] {
        let keys: [AnnotationName] = [.name, .sans, .ipSANs, .uriSANs]
        return keys.flatMap { key in
            let list = annotations[key.rawValue]?.split(separator: ",") ?? []
            return list.prefix(100).compactMap { text in
                let name = text.filter { !$0.isWhitespace }
                return name.contains("${") ? nil : WantedName(parsing: name, reason: "annotation \(key.key)")
            }
        }
    }
}
