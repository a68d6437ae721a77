// SPDX-License-Identifier: Apache-2.0
internal import Injection
internal import Issuance
internal import JSON
internal import KubernetesAPI
internal import OpenSSL
internal import Policies
internal import SigningProtocol
internal import Validation

/// Why a pod is as it is for podmint. Pure: made of what the cluster says, by the code that decides there.
struct PodExplanation {
    struct Name {
        let name: String
        let reason: String
    }

    /// What one policy gives the pod.
    struct Certificate {
        let policy: String
        /// What is mounted, where nothing is signed: `Secret web-tls`.
        var mounted: String?
        /// Why nothing can be signed; nil where something can.
        var problem: String?
        var hint: String?
        var authority = ""
        var longestLifetime = ""
        var usages: [String] = []
        var commonName: String?
        var names: [Name] = []
        var withheld: [Name] = []
        /// What makes podmint refuse the certificate.
        var denials: [String] = []
    }

    let namespace: String
    let pod: String
    let isInjected: Bool
    /// Why it is or is not, the decisive one first.
    let reasons: [String]
    /// What would change that, where something should be changed.
    let hint: String?
    let certificates: [Certificate]
    /// What could not be read, and what the rest lacks for it.
    let unread: [String]

    init(_ facts: ExplanationFacts, cluster: ClusterNames, podmintNamespace: String) {
        namespace = facts.namespace.metadata.name
        pod = facts.pod.metadata.name
        let injection = InjectionReasons(facts, podmintNamespace: podmintNamespace)
        isInjected = injection.isInjected
        reasons = injection.reasons
        hint = injection.hint
        unread =
            facts.hasAuthorities
            ? []
            : [
                "ClusterAuthorities: your account may not list them, so names are shown as if no allow rule gave any"
            ]
        certificates = injection.policies.map { policy in
            if let what = injection.mounts[policy] {
                return Certificate(policy: policy.text, mounted: what)
            }
            return Self.certificate(
                policy, facts, cluster, podmintNamespace, isInjected: injection.isInjected)
        }
    }

    private static func certificate(
        _ policy: PolicyName, _ facts: ExplanationFacts, _ cluster: ClusterNames, _ podmintNamespace: String,
        isInjected: Bool
    ) -> Certificate {
        var certificate = Certificate(policy: policy.text)
        if !facts.hasAuthorities, let name = Self.unreadAuthority(of: policy, facts) {
            certificate.problem =
                "ClusterAuthority \"\(name)\" signs for it, and your account may not read it"
            certificate.hint = "an admin binds ClusterRole podmint-view to you by a ClusterRoleBinding"
            return certificate
        }
        do throws(Issuance.Refusal) {
            let plan = try IssuancePlan(
                for: policy, in: facts.namespace.metadata.name, catalog: facts.catalog,
                ownNamespace: podmintNamespace)
            let agent = isInjected ? try InjectedAgent(in: facts.pod, for: policy) : nil
            let decision = LeafDecision(
                plan: plan, pod: facts.pod, wished: agent?.wishedNames ?? [], services: facts.services,
                namespace: facts.namespace, cluster: cluster)
            certificate.authority = text(of: plan.authority)
            let longest = [decision.longestLifetime, agent?.lifetime ?? decision.longestLifetime]
            certificate.longestLifetime = (longest.min { $0.seconds < $1.seconds } ?? .standard).text
            certificate.usages = plan.certificate.usages.map(\.text)
            certificate.commonName = decision.commonName
            certificate.names = decision.names.allowed.map {
                Name(name: $0.name.text, reason: "\($0.source)")
            }
            certificate.withheld = decision.names.withheld.map { Name(name: $0.name, reason: $0.reason) }
            certificate.denials = decision.denials
        } catch {
            certificate.problem = error.message
            certificate.hint = error.hint
        }
        return certificate
    }

    /// The one called `default` signs by the same rules for all whom none of its own concerns.
    private static func unreadAuthority(of policy: PolicyName, _ facts: ExplanationFacts) -> String? {
        let found = facts.catalog.policy(named: policy, in: facts.namespace.metadata.name).value
        guard case .clusterAuthority(let name)? = found?.authority, name != "default" else { return nil }
        return name
    }

    private static func text(of plan: AuthorityPlan) -> String {
        switch plan.source {
        case .own(let description):
            "\(plan.name) (podmint's own, keyStorage \(description.keyStorage.rawValue))"
        case .secret(let namespace, let name): "\(plan.name) (Secret \(name) in namespace \(namespace))"
        }
    }

    var value: JSONValue {
        var object: JSONValue = [
            "namespace": .string(namespace), "pod": .string(pod), "injected": .bool(isInjected),
            "reasons": .strings(reasons),
            "certificates": .array(certificates.map(Self.value)),
        ]
        if let hint { object["hint"] = .string(hint) }
        if !unread.isEmpty { object["unread"] = .strings(unread) }
        return object
    }

    private static func value(_ certificate: Certificate) -> JSONValue {
        var object: JSONValue = ["policy": .string(certificate.policy)]
        if let what = certificate.mounted {
            object["mounts"] = .string(what)
            return object
        }
        guard certificate.problem == nil else {
            object["problem"] = .string(certificate.problem ?? "")
            object["hint"] = .string(certificate.hint ?? "")
            return object
        }
        object["authority"] = .string(certificate.authority)
        object["longestDuration"] = .string(certificate.longestLifetime)
        object["usages"] = .strings(certificate.usages)
        if let name = certificate.commonName { object["commonName"] = .string(name) }
        object["names"] = .array(
            certificate.names.map { ["name": .string($0.name), "source": .string($0.reason)] })
        object["withheld"] = .array(
            certificate.withheld.map { ["name": .string($0.name), "reason": .string($0.reason)] })
        object["denied"] = .strings(certificate.denials)
        return object
    }
}
