// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
package import Policies
package import SigningProtocol
internal import Validation

/// What policy and cluster objects say about the certificates of one policy's pods. Pure: decided anew for each
/// certificate from the catalogue, which follows the cluster by watches.
package struct IssuancePlan: Sendable {
    package let namespace: String
    package let policy: PolicyName
    package internal(set) var authority: AuthorityPlan
    /// The CA signs for this policy alone.
    package let isOwnAuthority: Bool
    package let templates: [NameTemplate]
    package let certificate: CertificateSettings
    /// The longest life that the policy grants; nil where no policy says one.
    package let longestLifetime: CertificateLifetime?
    package let trust: TrustSource?
    /// Of the ClusterAuthority.
    package let allow: [AllowRule]

    /// Refuses a policy that is not there, cannot be used, or has nothing signed; says nothing final before the
    /// catalogue is filled.
    package init(
        for policy: PolicyName, in namespace: String, catalog: PolicyCatalog, ownNamespace: String
    ) throws(Refusal) {
        self.policy = policy
        self.namespace = namespace
        switch catalog.policy(named: policy, in: namespace) {
        case .notYetSynced: throw .apiUnavailable("question about its policies")
        case .missing:
            // What a pod gets that names no policy, in a namespace that has none of that name.
            guard policy == .standard else { throw Self.missing(policy, namespace) }
            (templates, certificate, longestLifetime, trust) = ([], CertificateSettings(), nil, nil)
            isOwnAuthority = false
            (authority, allow) = try Self.shared(Authority.standardName, catalog, ownNamespace)
        case .found(let reading):
            guard let found = reading.value else {
                throw Self.unusable("TLSPolicy \(namespace)/\(policy)", reading.faults)
            }
            templates = found.tls.subjectAltNames
            certificate = found.certificate
            longestLifetime = found.certificate.lifetime
            trust = found.tls.certificateAuthorities
            switch found.source {
            case .external: throw Self.external(policy, namespace)
            case .secret(let secret):
                authority = AuthorityPlan(
                    name: found.ownAuthorityName, source: .secret(namespace: namespace, name: secret),
                    namespace: namespace)
                (isOwnAuthority, allow) = (true, [])
            case .authority(.selfSigned(let own)):
                authority = .own(found.ownAuthorityName, own, namespace: namespace)
                (isOwnAuthority, allow) = (true, [])
            case .authority(.clusterAuthority(let name)):
                isOwnAuthority = false
                (authority, allow) = try Self.shared(name, catalog, ownNamespace)
            }
        }
    }

    /// The built-in default needs no object; one of that name describes it.
    private static func shared(
        _ name: String, _ catalog: PolicyCatalog, _ ownNamespace: String
    ) throws(Refusal) -> (AuthorityPlan, [AllowRule]) {
        switch catalog.clusterAuthority(named: name) {
        case .notYetSynced: throw .apiUnavailable("question about its authorities")
        case .missing:
            guard name == Authority.standardName else {
                throw .forbidden(
                    .policyUnusable, "there is no ClusterAuthority \"\(name)\"",
                    hint: "create it, or change the policy's spec.authority.clusterAuthority.name")
            }
            return (.standard, [])
        case .found(let reading):
            guard let found = reading.value else {
                throw unusable("ClusterAuthority \(name)", reading.faults)
            }
            return (AuthorityPlan(of: found, ownNamespace: ownNamespace), found.allow)
        }
    }

    private static func missing(_ policy: PolicyName, _ namespace: String) -> Refusal {
        .forbidden(
            .policyUnusable, "there is no TLSPolicy \"\(policy)\" in namespace \"\(namespace)\"",
            hint: "kubectl get tlspolicies -n \(namespace)")
    }

    private static func external(_ policy: PolicyName, _ namespace: String) -> Refusal {
        .forbidden(
            .policyUnusable,
            "TLSPolicy \(namespace)/\(policy) has selfSignedCertificates.disabled: somebody else issues its certificates",
            hint: "podmint signs nothing for it; give it an authority to change that")
    }

    private static func unusable(_ object: String, _ faults: [Fault]) -> Refusal {
        let first =
            faults.first { $0.severity == .error }.map { "\($0.field): \($0.found)" } ?? "it cannot be read"
        return .forbidden(
            .policyUnusable, "\(object) cannot be used: \(first)",
            hint: "kubectl describe it: its condition lists every fault")
    }
}

extension AuthorityPlan {
    package init(of authority: ClusterAuthority, ownNamespace: String) {
        let name = authority.metadata.name
        switch authority.source {
        case .selfSigned(let own): self = .own(name, own)
        case .secret(let secret):
            self.init(name: name, source: .secret(namespace: ownNamespace, name: secret))
        }
    }

    static func own(
        _ name: String, _ authority: SelfSignedAuthority, namespace: String? = nil
    ) -> AuthorityPlan {
        .own(
            name, lifetime: authority.lifetime, keyStorage: authority.keyStorage, namespace: namespace)
    }
}
