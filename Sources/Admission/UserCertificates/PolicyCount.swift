// SPDX-License-Identifier: Apache-2.0
package import Injection
internal import KubernetesAPI
package import Policies

/// How many pods have what a policy gives, and how many should and have not: by the rule that admission goes by
/// (`PolicySelection`). A policy's name alone asks for nothing, and selectors ask in namespaces labelled `policies` only.
package struct PolicyCount: Hashable, Sendable {
    package private(set) var carrying = 0
    package private(set) var missing = 0

    /// `pods`, `labels`, `policies` and `secret` are those of the policy's namespace, as for `MissedInjection`.
    package init(
        of policy: TLSPolicy, among pods: [PodUse], in labels: NamespaceLabels, policies: [TLSPolicy],
        secret: (String) -> UserSecret
    ) {
        for pod in pods where pod.isLive {
            if labels.injects, MissedInjection.isMisread(pod, policy, secret) {
                missing += 1
            } else if pod.holds(policy) {
                carrying += 1
            } else if !pod.isBeyondInjection, pod.asks(labels, policies), ServedPods(of: pod).areUnder(policy)
            {
                missing += 1
            }
        }
    }
}

extension PodUse {
    /// Whether it asks for certificates where that is heard. Which ones, whatever it names and whatever selects it says.
    func asks(_ labels: NamespaceLabels, _ policies: [TLSPolicy]) -> Bool {
        guard labels.injects else { return false }
        switch annotations[AnnotationName.inject.rawValue] {
        case "true": return true
        case "false": return false
        default:
            return labels.selectsByPolicy
                && policies.contains { $0.selector?.matches(self.labels) ?? false }
        }
    }

    /// Whether it has what the policy gives, also where its author mounted the Secret by hand.
    fileprivate func holds(_ policy: TLSPolicy) -> Bool {
        if let holding = holdings[policy.metadata.name] { return holding != .issued || hasAgent }
        if mountsOwnCertificate { return ServedPods(of: self).areUnder(policy) }
        if case .secret(let name) = policy.source {
            return ServedPods(of: self).areUnder(policy) && mountedSecrets.contains(name)
        }
        return false
    }

    /// It names its certificate, and has it.
    var mountsOwnCertificate: Bool {
        annotations[AnnotationName.secret.rawValue].map(mountedSecrets.contains) ?? false
    }
}
