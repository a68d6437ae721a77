// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
package import OpenSSL
package import Policies
package import SigningProtocol
internal import Validation

/// All that a pod's certificate for one policy says, but for its key and dates: decided in one place, for signing, for
/// checking what was signed, and for explaining it. Pure.
package struct LeafDecision: Sendable {
    package let names: NameDecision
    package let usages: [ExtendedKeyUsage]
    package let commonName: String?
    /// The longest that it may live by policy and rules; the authority's own end comes on top.
    package let longestLifetime: CertificateLifetime
    /// Why there is to be none: asked for and not allowed, in the order found.
    package let denials: [String]
    /// Of the first kind found.
    let denialCode: Refusal.Code

    /// `wished` are the names that admission wrote into the pod's spec.
    package init(
        plan: IssuancePlan, pod: Pod, wished: [NameTemplate], services: [Service],
        namespace: Namespace, cluster: ClusterNames
    ) {
        let values = Self.values(plan, pod, cluster)
        let rules = plan.allow.enumerated().filter { _, rule in
            rule.concerns(
                namespace: namespace.metadata.name, labels: namespace.metadata.labels,
                serviceAccount: pod.serviceAccountName)
        }
        let (byPolicy, unfilled) = Self.asked(plan.templates, from: .policy, values)
        let (byPod, unfilledByPod) = Self.asked(wished, from: .pod, values)
        let authority = plan.authority.name
        names = NameDecision(
            pod: pod, services: services, cluster: cluster,
            grant: NameGrant(
                isOwnAuthority: plan.isOwnAuthority,
                asked: byPolicy + byPod,
                includesHostAddress: plan.certificate.includesHostIP,
                rule: { name in
                    rules.first { $0.element.allows(name, values) }.map {
                        "spec.allow[\($0.offset)] of ClusterAuthority \(authority)"
                    }
                }),
            unfilled: unfilled + unfilledByPod)

        var denials = names.denied.map { "\"\($0.name)\", from \($0.source), \($0.rule)" }
        usages = plan.certificate.usages.map(\.extendedKeyUsage)
        for usage in plan.certificate.usages {
            if let rule = rules.first(where: {
                !$0.element.usages.isEmpty && !$0.element.usages.contains(usage)
            }) {
                denials.append(
                    "usage \"\(usage.text)\" is not among those of spec.allow[\(rule.offset)] of ClusterAuthority \(authority)"
                )
            }
        }
        denialCode = names.denied.isEmpty && !denials.isEmpty ? .forbiddenUsage : .forbiddenName
        let wanted = plan.certificate.commonName.map { $0.filled(with: values).first ?? "" }
        if let wanted, let fault = Self.fault(ofCommonName: wanted, names.names, plan.isOwnAuthority) {
            denials.append("the policy's common name \"\(wanted)\" \(fault)")
        }
        commonName = wanted
        // Names add up over the rules; each rule's bounds hold for all whom it concerns.
        let bounds = [plan.longestLifetime].compactMap(\.self) + rules.compactMap(\.element.longestLifetime)
        longestLifetime = bounds.min { $0.seconds < $1.seconds } ?? .maximum
        self.denials = denials
    }

    /// Some peers take the common name for who somebody is (etcd's users), so a shared authority vouches only for names.
    private static func fault(
        ofCommonName name: String, _ names: [SubjectAlternativeName], _ isOwnAuthority: Bool
    ) -> String? {
        guard (1...64).contains(name.utf8.count) else {
            return "comes to \(name.utf8.count) characters for this pod; 1 to 64 are possible (RFC 5280)"
        }
        guard isOwnAuthority || names.contains(.dns(name)) else {
            return "is none of the pod's DNS names, and only a policy with its own authority may say another"
        }
        return nil
    }

    private static func values(
        _ plan: IssuancePlan, _ pod: Pod, _ cluster: ClusterNames
    ) -> @Sendable (NameVariable) -> [String] {
        { variable in
            switch variable {
            case .podName: [pod.metadata.name]
            case .podNamespace: [pod.metadata.namespace]
            // On the host's network they are the node's.
            case .podIP: pod.usesHostNetwork ? [] : pod.addresses
            case .podHostname: [pod.hostname ?? pod.metadata.name]
            case .podSubdomain: pod.subdomain.map { [$0] } ?? []
            case .serviceAccount: [pod.serviceAccountName]
            case .policyName: [plan.policy.text]
            case .clusterDomain: [cluster.clusterDomain]
            case .trustDomain: [cluster.trustDomain]
            case .hostIP: pod.hostAddresses
            }
        }
    }

    /// Every template's names; what no name comes of for this pod is told, and costs it nothing else.
    private static func asked(
        _ templates: [NameTemplate], from source: AskedName.Source, _ values: (NameVariable) -> [String]
    ) -> ([AskedName], [WithheldName]) {
        var asked: [AskedName] = []
        var unfilled: [WithheldName] = []
        for template in templates {
            let names = template.names(values)
            if names.isEmpty {
                let missing = template.pattern.variables.first { values($0).isEmpty }
                unfilled.append(
                    WithheldName(
                        name: template.pattern.text,
                        reason: "the pod has no \(missing?.reference ?? "value for it")"))
            }
            for name in names {
                switch name {
                case .success(let name): asked.append(AskedName(name, from: source))
                case .failure(let fault):
                    unfilled.append(
                        WithheldName(
                            name: RequestPolicy.printable(fault.text),
                            reason: "what \(template.text) comes to for this pod is not \(template.kind)"))
                }
            }
        }
        return (asked, unfilled)
    }
}
