// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import OpenSSL
internal import Policies
internal import SigningProtocol
internal import Validation

/// The names that a policy adds, held against the rules that issuance goes by, as far as they are known before there is a
/// pod. What none of its pods can ever get is an error: with it, each of them would be denied. What no rule of a
/// ClusterAuthority gives now is a warning. Services are not asked: they come and go.
struct PolicyNames {
    let policy: TLSPolicy
    let namespace: String
    let cluster: ClusterNames

    /// `object` is the policy as it was read, for the places of its names; `rules` are those of its ClusterAuthority that
    /// concern the namespace, nil where they are not known.
    func faults(_ object: JSONView, rules: [AllowRule]?) -> [Fault] {
        guard policy.source != .external else { return [] }
        var faults: [Fault] = []
        guard let names = object.at("spec", "tls", "subjectAltNames")?.elements else { return [] }
        for (index, element) in names.enumerated() {
            for kind in NameTemplate.Kind.allCases {
                guard
                    let template = element[kind.rawValue]?.string.flatMap({ NameTemplate(kind, parsing: $0) })
                else { continue }
                let field = "spec.tls.subjectAltNames[\(index)].\(kind.rawValue)"
                let fault = impossible(template).map { never(field, $0) }
                if let fault = fault ?? rules.flatMap({ ungiven(template, by: $0, at: field) }) {
                    faults.append(fault)
                }
            }
        }
        return faults
    }

    // MARK: - What can never be

    /// The name and why it is denied whatever rules, Services and pods there are.
    private func impossible(_ template: NameTemplate) -> (name: String, rule: String)? {
        let start = knownStart(of: template.pattern)
        if template.kind == .uri, AskedNameRules.isIdentity(start) {
            return mayBeIdentity(start, isWhole: isKnown(template.pattern)) ? nil : denial(.uri(start))
        }
        guard isKnown(template.pattern) else {
            // Certificates that others sign may have underscores; ours have not.
            let hasUnderscore =
                template.kind == .dns && template.pattern.literals.contains { $0.contains("_") }
            return hasUnderscore ? (template.pattern.text, "is no valid DNS name") : nil
        }
        switch template.names(known).first {
        case .success(let name)?: return denial(name)
        case .failure(let text)?: return (text.text, "is not \(template.kind)")
        case nil: return nil
        }
    }

    private func denial(_ name: SubjectAlternativeName) -> (name: String, rule: String)? {
        // As if a rule gave everything: what is denied all the same is denied for good.
        let grant = NameGrant(isOwnAuthority: isOwnAuthority, rule: { _ in "any" })
        let asked = AskedName(name, from: .policy).normalised
        let rules = AskedNameRules(namespace: namespace, cluster: cluster, grant: grant)
        guard case .denied(let rule) = rules.judge(asked) else { return nil }
        return (asked.name.text, rule)
    }

    /// The identity of a service account of this namespace is that account's pods' anyway.
    private func mayBeIdentity(_ start: String, isWhole: Bool) -> Bool {
        let own = cluster.identity(of: "", in: namespace)
        guard start.hasPrefix(own) else { return !isWhole && own.hasPrefix(start) }
        return !isWhole || DNSRules.isName(String(start.dropFirst(own.count)))
    }

    private func never(_ field: String, _ denied: (name: String, rule: String)) -> Fault {
        // A Secret may hold a certificate to mount, which somebody else signed by rules of their own.
        var severity = Severity.error
        var condition = ""
        if case .secret(let secret) = policy.source {
            (severity, condition) = (.warning, ", should podmint sign with Secret \(secret)")
        }
        return Fault(
            .forbiddenName, severity: severity, object: title, field: field,
            found: "\"\(denied.name.prefix(100))\" \(denied.rule)\(condition)",
            wanted: "a name that the authority of this policy can give",
            fix: "Take it out: with it no pod of the policy gets a certificate")
    }

    // MARK: - What nobody gives now

    private func ungiven(_ template: NameTemplate, by rules: [AllowRule], at field: String) -> Fault? {
        guard case .clusterAuthority(let authority)? = policy.authority, isKnown(template.pattern),
            case .success(let name)? = template.names(known).first,
            !isOwnName(name),
            !rules.contains(where: { $0.allows(name, known) || $0.dependsOnPod(self.isKnown) })
        else { return nil }
        return Fault(
            .forbiddenName, severity: .warning, object: title, field: field,
            found:
                "\"\(name.text.prefix(100))\" is given by no rule of ClusterAuthority \(authority) that concerns this namespace",
            wanted: "a rule in its spec.allow that gives the name",
            fix: "Have it added, or take the name out: until then no pod of the policy gets a certificate")
    }

    /// A Service of this name may select the pods, today or tomorrow; an identity that came this far is theirs.
    private func isOwnName(_ name: SubjectAlternativeName) -> Bool {
        switch name {
        case .dns(let host): cluster.owner(of: host) == namespace
        case .uri(let text): AskedNameRules.isIdentity(text)
        default: false
        }
    }

    // MARK: - What is known before there is a pod

    private var isOwnAuthority: Bool {
        if case .authority(.clusterAuthority) = policy.source { false } else { true }
    }

    private var title: String { "\(TLSPolicy.kind) \(namespace)/\(policy.name)" }

    private func isKnown(_ variable: NameVariable) -> Bool { !known(variable).isEmpty }
    private func isKnown(_ pattern: VariableText) -> Bool { pattern.variables.allSatisfy(isKnown) }

    private func known(_ variable: NameVariable) -> [String] {
        switch variable {
        case .podNamespace: [namespace]
        case .policyName: [policy.name.text]
        case .clusterDomain: [cluster.clusterDomain]
        case .trustDomain: [cluster.trustDomain]
        case .podName, .podIP, .podHostname, .podSubdomain, .serviceAccount, .hostIP: []
        }
    }

    /// Up to the first variable that only a pod fills.
    private func knownStart(of pattern: VariableText) -> String {
        var start = ""
        for part in pattern.parts {
            switch part {
            case .literal(let text): start += text
            case .variable(let variable):
                guard let value = known(variable).first else { return start }
                start += value
            }
        }
        return start
    }
}

extension VariableText {
    fileprivate var literals: [String] {
        parts.compactMap { if case .literal(let text) = $0 { text } else { nil } }
    }
}

extension AllowRule {
    /// Whether some pattern gives one name to one pod and another to the next.
    fileprivate func dependsOnPod(_ isKnown: (NameVariable) -> Bool) -> Bool {
        (dns + uris).contains { !$0.variables.allSatisfy(isKnown) }
    }
}
