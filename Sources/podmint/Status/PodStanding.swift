// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import JSON
internal import KubernetesAPI
internal import Policies

/// How a pod that has to do with podmint stands.
struct PodStanding: Equatable {
    enum State: String {
        case injected
        /// What it was given is mounted, and nothing is issued to it.
        case mounted
        /// It should have a certificate and has none, by the rule of `MissedInjection`.
        case missed
    }

    struct Mount: Equatable {
        let policy: String
        /// `Secret web-tls`
        let what: String
    }

    /// What its agent must trust by a policy.
    struct Bundle: Equatable {
        let policy: String
        /// Nil where the agent has not said what it holds, in what was read of the log.
        let held: BundleTrail.Held?

        var word: String { held.map { $0.isCurrent ? "current" : "former" } ?? "–" }
    }

    let namespace: String
    let name: String
    let state: State
    let certificates: [AuditTrail.Certificate]
    let bundles: [Bundle]
    let mounts: [Mount]

    /// Nil for a pod that has nothing to do with podmint.
    init?(_ pod: PodUse, isMissed: Bool, _ trail: AuditTrail, _ bundles: BundleTrail) {
        guard isMissed || pod.hasAgent || !pod.holdings.isEmpty else { return nil }
        namespace = pod.namespace
        name = pod.name
        state = isMissed ? .missed : pod.hasAgent ? .injected : .mounted
        certificates = trail.certificates(ofPod: pod.uid)
        let held = bundles.held(byPod: pod.uid)
        let issued = pod.hasAgent ? pod.holdings.filter { $0.value == .issued }.map(\.key) : []
        self.bundles = Set(issued + held.map(\.policy)).sorted().map { policy in
            Bundle(policy: policy, held: held.first { $0.policy == policy })
        }
        mounts = pod.holdings.sorted { $0.key < $1.key }.compactMap { policy, holding in
            switch holding {
            case .issued: nil
            case .mounted(let secret): Mount(policy: policy, what: "Secret \(secret)")
            case .trust: Mount(policy: policy, what: "trust alone")
            }
        }
    }

    /// Of all pods that run, in their order. Each argument is as listed from the API.
    static func all(
        _ pods: [JSONValue], in namespaces: NamespacesCheck, policies: [JSONValue], _ trail: AuditTrail,
        _ bundles: BundleTrail
    ) -> [PodStanding] {
        let uses = pods.compactMap { pod in
            (try? JSONDocument(pod.serialized())).flatMap { PodUse($0.root) }
        }.filter(\.isLive)
        let found = FoundPolicies(policies)
        let missed = Dictionary(grouping: uses, by: \.namespace).flatMap { namespace, pods in
            MissedInjection.pods(
                among: pods, in: .known(namespaces.labels(of: namespace)),
                policies: found.policies(in: namespace), secret: { found.secret($0, in: namespace) })
        }
        let uids = Set(missed.map(\.uid))
        return uses.compactMap { PodStanding($0, isMissed: uids.contains($0.uid), trail, bundles) }
    }
}
