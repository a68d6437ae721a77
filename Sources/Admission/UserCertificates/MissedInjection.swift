// SPDX-License-Identifier: Apache-2.0
package import Injection
internal import KubernetesAPI
package import Policies

/// Pods that should have been given a certificate and were not: made while podmint was down, before their namespace
/// opted in, or before it was known whether the Secret that a policy names is an authority or a certificate.
package enum MissedInjection {
    /// In their order. `labels` are the namespace's; an audited one has no such pods, since nothing is injected there.
    /// `secret` says what is known of a Secret of this namespace by its name.
    package static func pods(
        among pods: [PodUse], in labels: NamespaceLabels, policies: [TLSPolicy],
        secret: (String) -> UserSecret = { _ in .notReadable }
    ) -> [PodUse] {
        guard labels.injects else { return [] }
        return pods.filter { pod in
            guard pod.isLive, !pod.isBeyondInjection,
                pod.annotations[AnnotationName.inject.rawValue] != "false"
            else { return false }
            return isMissed(pod, labels, policies) || policies.contains { isMisread(pod, $0, secret) }
        }
    }

    /// It got an agent where a certificate is to be mounted, or waits for a certificate where the agent is to get one.
    static func isMisread(
        _ pod: PodUse, _ policy: TLSPolicy, _ secret: (String) -> UserSecret
    ) -> Bool {
        guard case .secret(let name) = policy.source, ServedPods(of: pod).areUnder(policy) else {
            return false
        }
        let hasAgent = pod.holdings[policy.metadata.name] == .issued
        switch secret(name) {
        case .certificate: return hasAgent
        case .authority: return !hasAgent && pod.isPending && pod.mountedSecrets.contains(name)
        case .notReadable, .notYetRead: return false
        }
    }

    private static func isMissed(
        _ pod: PodUse, _ labels: NamespaceLabels, _ policies: [TLSPolicy]
    ) -> Bool {
        // What a Secret or trust needs is a volume alone.
        guard !pod.hasAgent, pod.holdings.isEmpty, !pod.mountsOwnCertificate, pod.asks(labels, policies)
        else { return false }
        if pod.annotations[AnnotationName.inject.rawValue] == "true" { return true }
        let served = ServedPods(of: pod)
        return policies.contains { policy in
            guard served.areUnder(policy) else { return false }
            switch policy.source {
            case .secret(let name): return !pod.mountedSecrets.contains(name)
            case .authority: return true
            case .external: return false
            }
        }
    }

    /// For whoever has to act on it.
    package static func message(_ pod: PodUse) -> String {
        "this pod asks for a certificate and has none: it was made while podmint did not answer, before its namespace opted in, or before podmint might read the Secret of its policy. Make it anew: \(cure(pod))"
    }

    /// A command, where one does it.
    package static func cure(_ pod: PodUse) -> String {
        let parts = pod.owner.split(separator: " ")
        let restartable = ["Deployment", "StatefulSet", "DaemonSet"]
        return parts.count == 2 && restartable.contains(String(parts[0]))
            ? "kubectl rollout restart \(parts[0].lowercased()) \(parts[1]) -n \(pod.namespace)"
            : "kubectl delete pod \(pod.name) -n \(pod.namespace), once its owner can make it anew"
    }
}
