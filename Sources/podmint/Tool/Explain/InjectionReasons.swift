// SPDX-License-Identifier: Apache-2.0
internal import Injection
internal import Issuance
internal import JSON
internal import KubernetesAPI
internal import Policies
internal import SigningProtocol

/// Why a pod has podmint's agent or has not, and which policies concern it.
struct InjectionReasons {
    private(set) var isInjected = false
    private(set) var reasons: [String] = []
    private(set) var hint: String?
    /// Those its agent serves; of a pod without one, those that would be its.
    private(set) var policies: [PolicyName] = []

    init(_ facts: ExplanationFacts, podmintNamespace: String) {
        let agents = facts.pod.initContainers.filter { $0.name == InjectedAgent.containerName }
        let wish = Self.wish(facts)
        isInjected = !agents.isEmpty
        if let agent = agents.first {
            policies = Self.served(by: agent)
            reasons.append(
                "container \(InjectedAgent.containerName) is in it, for \(Self.list(policies.map(\.text)))")
            reasons += wish.reasons
            if facts.namespace.optIn == nil {
                reasons.append("but nothing is signed: \(Self.label(facts.namespace))")
                hint = Self.optInHint(facts.namespace)
            }
            return
        }
        policies = wish.policies
        let name = facts.namespace.metadata.name
        if InstallOptions(namespace: podmintNamespace).excludedNamespaces.contains(name) {
            reasons.append(
                "namespace \(name) is never looked at, whatever its labels: the cluster must live without podmint"
            )
            return
        }
        guard facts.namespace.optIn != nil else {
            reasons.append(Self.label(facts.namespace))
            hint = Self.optInHint(facts.namespace)
            return
        }
        if facts.namespace.optIn == .audit {
            reasons.append(
                "namespace \(name) is labelled \(Namespace.injectionLabel)=audit: nothing is changed there")
            return
        }
        guard wish.isAsked else {
            reasons += wish.reasons
            hint = wish.hint
            return
        }
        if facts.hasWebhooks == false {
            reasons.append(
                "there is no MutatingWebhookConfiguration podmint: pods are created without being looked at")
            hint = "podmint manifests | kubectl apply --server-side -f -"
            return
        }
        reasons.append(
            "it asks for a certificate now, but was created before it did, before the namespace was opted in, or while podmint was away"
        )
        reasons += wish.reasons
        hint = "delete the pod, so that it is created anew"
    }

    private struct Wish {
        var isAsked = false
        var reasons: [String] = []
        var hint: String?
        var policies: [PolicyName] = []
    }

    /// What annotations and selectors say now.
    private static func wish(_ facts: ExplanationFacts) -> Wish {
        var wish = Wish()
        let annotations = facts.object["metadata"]?["annotations"]
        let inject = annotations?["podmint.dev/inject"]?.string
        if inject == "false" {
            wish.reasons = ["annotation podmint.dev/inject is \"false\""]
            wish.hint = "set it to \"true\" in the pod's template"
            return wish
        }
        if annotations?["kubernetes.io/config.mirror"] != nil {
            wish.reasons = ["it is a static pod's mirror: changing it changes nothing"]
            return wish
        }
        let named = (annotations?["podmint.dev/policy"]?.string ?? "").split(separator: ",").compactMap {
            PolicyName(parsing: String($0.drop { $0 == " " }))
        }
        let selecting = (facts.catalog.policies(in: facts.namespace.metadata.name) ?? []).compactMap(\.value)
            .filter {
                $0.selector?.matches(facts.pod.metadata.labels) ?? false
            }
        // As in `PolicySelection`: once something asks, whatever is named and whatever selects counts.
        let selectorsAsk = facts.namespace.optIn == .policies
        wish.isAsked = inject == "true" || (selectorsAsk && !selecting.isEmpty)
        if inject == "true" { wish.reasons.append("annotation podmint.dev/inject is \"true\"") }
        if !named.isEmpty {
            wish.reasons.append("annotation podmint.dev/policy names \(list(named.map(\.text)))")
        }
        for policy in selecting {
            wish.reasons.append(
                wish.isAsked
                    ? "TLSPolicy \(policy.name) selects it by its labels"
                    : "TLSPolicy \(policy.name) selects its labels, which asks for nothing but in namespaces labelled \(Namespace.injectionLabel)=policies"
            )
        }
        if !wish.isAsked {
            wish.reasons.insert(
                "it does not ask for a certificate: no annotation podmint.dev/inject: \"true\"", at: 0)
            wish.hint = "annotate the pod's template: podmint.dev/inject: \"true\""
        }
        wish.policies = named + selecting.map(\.name).filter { !named.contains($0) }
        if wish.policies.isEmpty { wish.policies = [.standard] }
        return wish
    }

    private static func served(by agent: PodContainer) -> [PolicyName] {
        (0..<AgentEnvironment.mostCertificates).compactMap { index in
            agent.literal(AgentEnvironment.policy.name(ofCertificate: index)).flatMap {
                PolicyName(parsing: $0)
            }
        }
    }

    private static func label(_ namespace: Namespace) -> String {
        let name = namespace.metadata.name
        guard let value = namespace.metadata.labels[Namespace.injectionLabel] else {
            return "namespace \(name) is not opted in: it has no label \(Namespace.injectionLabel)"
        }
        return
            "namespace \(name) is not opted in: label \(Namespace.injectionLabel) is \"\(value)\", which means nothing"
    }

    private static func optInHint(_ namespace: Namespace) -> String {
        "kubectl label namespace \(namespace.metadata.name) \(Namespace.injectionLabel)=enabled --overwrite"
    }

    private static func list(_ names: [String]) -> String {
        (names.count == 1 ? "policy " : "policies ") + names.joined(separator: ", ")
    }
}
