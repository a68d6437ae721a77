// SPDX-License-Identifier: Apache-2.0
package import JSON
internal import KubernetesAPI
package import Policies
package import Validation

/// What is wrong with a policy object: what reading it says, what it names and nobody has made, and what nobody can give.
package enum PolicyFaults {
    static func of(
        _ object: JSONView, _ request: AdmissionRequest, _ references: any PolicyReferences,
        _ labels: NamespaceLabels, _ cluster: ClusterNames
    ) -> [Fault] {
        guard request.resource != .clusterAuthorities else {
            return ofClusterAuthority(object)
        }
        let reading = TLSPolicy.read(object)
        guard let policy = reading.value else { return reading.faults }
        let rules = rules(for: policy, request.namespace, labels, references)
        return reading.faults + missing(policy, references)
            + PolicyNames(policy: policy, namespace: request.namespace, cluster: cluster).faults(
                object, rules: rules)
            + usages(policy, request.namespace, rules ?? [])
    }

    /// What can be said of a TLSPolicy without a cluster, by what `references` knows instead.
    package static func ofTLSPolicy(
        _ object: JSONView, in namespace: String, _ cluster: ClusterNames, _ references: any PolicyReferences
    ) -> [Fault] {
        let reading = TLSPolicy.read(object)
        guard let policy = reading.value else { return reading.faults }
        return reading.faults + missing(policy, references)
            + PolicyNames(policy: policy, namespace: namespace, cluster: cluster).faults(object, rules: nil)
    }

    package static func ofClusterAuthority(_ object: JSONView) -> [Fault] {
        let reading = ClusterAuthority.read(object)
        guard let authority = reading.value else { return reading.faults }
        return reading.faults + identities(authority)
    }

    /// A pod has the SPIFFE ID of its service account, and no rule gives it another.
    private static func identities(_ authority: ClusterAuthority) -> [Fault] {
        authority.allow.enumerated().flatMap { index, rule in
            rule.uris.enumerated().filter { AskedNameRules.isIdentity($0.element.text) }.map {
                place, pattern in
                Fault(
                    .forbiddenName, severity: .warning,
                    object: "\(ClusterAuthority.kind) \(authority.metadata.name)",
                    field: "spec.allow[\(index)].uris[\(place)]",
                    found:
                        "\"\(pattern.text.prefix(100))\" gives nothing: a pod has the SPIFFE ID of its service account only",
                    wanted: "URIs of another scheme",
                    fix: "Take it out")
            }
        }
    }

    /// Each rule bounds all whom it concerns, so one that lacks a usage denies it, whatever the others say.
    private static func usages(_ policy: TLSPolicy, _ namespace: String, _ rules: [AllowRule]) -> [Fault] {
        guard case .clusterAuthority(let authority)? = policy.authority else { return [] }
        let denied = policy.certificate.usages.filter { usage in
            rules.contains { $0.concernsAllAccounts && !$0.usages.isEmpty && !$0.usages.contains(usage) }
        }
        return denied.map { usage in
            Fault(
                .forbiddenUsage, severity: .warning, object: "\(TLSPolicy.kind) \(namespace)/\(policy.name)",
                field: "spec.certificate.usages",
                found:
                    "a rule of ClusterAuthority \(authority) for all pods of this namespace leaves out \"\(usage.text)\"",
                wanted: "usages that each rule of spec.allow for the namespace has",
                fix: "Take it out, or have it added: until then no pod of the policy gets a certificate")
        }
    }

    /// Of the policy's ClusterAuthority, those that concern its namespace; nil where they are not known.
    private static func rules(
        for policy: TLSPolicy, _ namespace: String, _ labels: NamespaceLabels,
        _ references: any PolicyReferences
    ) -> [AllowRule]? {
        guard case .clusterAuthority(let name)? = policy.authority, case .known(let labels) = labels else {
            return nil
        }
        return references.rules(ofClusterAuthority: name)?.filter {
            $0.concerns(namespace: namespace, labels: labels)
        }
    }

    private static func missing(_ policy: TLSPolicy, _ references: any PolicyReferences) -> [Fault] {
        let namespace = policy.metadata.namespace
        // A manifest may leave it to kubectl.
        func place(_ name: String) -> String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
        var faults: [Fault] = []
        func note(_ field: String, _ what: String, fix: String) {
            faults.append(
                Fault(
                    .missingReference, severity: .warning,
                    object: "\(TLSPolicy.kind) \(place("\(policy.name)"))",
                    field: field, found: "there is no \(what) \(references.whereNot)",
                    wanted: "an object that exists", fix: fix)
            )
        }
        func noteSecret(_ field: String, _ name: String) {
            guard references.exists(secret: name, in: namespace) == false else { return }
            note(field, "Secret \(place(name))", fix: "Make it; podmint waits for it")
        }
        if let name = policy.tls.certificateSecret { noteSecret("spec.tls.certificate.secretName", name) }
        switch policy.tls.certificateAuthorities {
        case .secret(let name)?: noteSecret("spec.tls.certificateAuthorities.secretName", name)
        case .configMap(let name)? where references.exists(configMap: name, in: namespace) == false:
            note(
                "spec.tls.certificateAuthorities.configMapName", "ConfigMap \(place(name))",
                fix: "Make it; podmint waits for it")
        default: break
        }
        if case .clusterAuthority(let name)? = policy.authority,
            references.exists(clusterAuthority: name) == false
        {
            note(
                "spec.authority.clusterAuthority.name", "ClusterAuthority \(name)",
                fix: "kubectl get clusterauthorities shows those there are; pods wait until it exists")
        }
        return faults
    }
}
