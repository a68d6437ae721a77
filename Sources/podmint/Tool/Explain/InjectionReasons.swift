// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Injection
internal import Issuance
internal import JSON
internal import KubernetesAPI
internal import Policies
internal import SigningProtocol

/// Why a pod has what podmint gives or has not, and which policies concern it.
struct InjectionReasons {
    private(set) var isInjected = false
    private(set) var reasons: [String] = []
    private(set) var hint: String?
    /// Those it was given something for; of a pod that was given nothing, those that would be its.
    private(set) var policies: [PolicyName] = []
    /// What policies mount in it, or would: nothing is signed for these.
    private(set) var mounts: [PolicyName: String] = [:]

    init(_ facts: ExplanationFacts, podmintNamespace: String) {
        let agent = facts.pod.initContainers.first { $0.name == InjectedAgent.containerName }
        let use = (try? JSONDocument(facts.object.serialized())).flatMap { PodUse($0.root) }
        let wish = Self.wish(facts, use)
        mounts = Self.mounted(use)
        isInjected = agent != nil || !mounts.isEmpty
        let isMissed = use.map { Self.isMissed($0, facts) } ?? false
        if isInjected {
            let served = agent.map(Self.served) ?? []
            if agent != nil {
                let names = Self.list(served.map(\.text))
                reasons.append("container \(InjectedAgent.containerName) is in it, for \(names)")
            }
            let mounting = mounts.keys.sorted { $0.text < $1.text }
            reasons += mounting.map { "\(mounts[$0] ?? "") is mounted in it, for policy \($0)" }
            policies = served + mounting
            reasons += wish.reasons
            if facts.namespace.optIn == nil {
                if agent != nil { reasons.append("but nothing is signed: \(Self.label(facts.namespace))") }
                hint = Self.optInHint(facts.namespace)
            } else if isMissed, let use {
                reasons.append(
                    "but the Secret of its policy turned out to be another thing than it was taken for when the pod was made"
                )
                hint = MissedInjection.cure(use)
            }
            return
        }
        if wish.isAsked { mounts = Self.mountable(wish, facts) }
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
        guard isMissed, let use else {
            reasons.append(
                use?.isLive == false
                    ? "it asks for a certificate, and has ended or is being deleted"
                    : "what it asks for it has without podmint: it mounts the certificate's Secret by itself, or somebody else issues"
            )
            reasons += wish.reasons
            return
        }
        reasons.append(
            "it asks for a certificate now, but was created before it did, before the namespace was opted in, or while podmint was away"
        )
        reasons += wish.reasons
        hint = "make it anew: \(MissedInjection.cure(use))"
    }

    /// By the rule that podmint counts and tells by.
    private static func isMissed(_ use: PodUse, _ facts: ExplanationFacts) -> Bool {
        let name = facts.namespace.metadata.name
        let policies = facts.catalog.policies(in: name) ?? []
        return !MissedInjection.pods(
            among: [use], in: .known(facts.namespace.metadata.labels), policies: policies.compactMap(\.value),
            secret: { facts.found.secret($0, in: name) }
        ).isEmpty
    }

    private static func mounted(_ use: PodUse?) -> [PolicyName: String] {
        var mounts: [PolicyName: String] = [:]
        for (policy, holding) in use?.holdings ?? [:] {
            guard let name = PolicyName(parsing: policy) else { continue }
            switch holding {
            case .issued: continue
            case .mounted(let secret): mounts[name] = "Secret \(secret)"
            case .trust: mounts[name] = "more trust, and no certificate,"
            }
        }
        return mounts
    }

    /// As `CertificatePlanner` would: the pod's own Secret, or its policy's unless that is known to be an authority.
    private static func mountable(_ wish: Wish, _ facts: ExplanationFacts) -> [PolicyName: String] {
        let named = facts.object["metadata"]?["annotations"]?[AnnotationName.secret.key]?.string
        let namespace = facts.namespace.metadata.name
        var mounts: [PolicyName: String] = [:]
        for name in wish.policies {
            if let named, !named.isEmpty {
                mounts[name] = "Secret \(named)"
                continue
            }
            guard case .secret(let secret)? = facts.catalog.policy(named: name, in: namespace).value?.source
            else { continue }
            switch facts.found.secret(secret, in: namespace) {
            case .certificate, .notReadable: mounts[name] = "Secret \(secret)"
            case .authority, .notYetRead: continue
            }
        }
        return mounts
    }

    private struct Wish {
        var isAsked = false
        var reasons: [String] = []
        var hint: String?
        var policies: [PolicyName] = []
    }

    /// What annotations and selectors say now.
    private static func wish(_ facts: ExplanationFacts, _ use: PodUse?) -> Wish {
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
        if use?.isBeyondInjection == true {
            wish.reasons = ["it is a Windows pod, and the agent runs on Linux only"]
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
