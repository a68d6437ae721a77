// SPDX-License-Identifier: Apache-2.0
internal import Injection
package import Policies

/// Pods that should have been given a certificate and were not: made while podmint was down, or before their namespace
/// opted in.
package enum MissedInjection {
    /// In their order. `labels` are the namespace's; an audited one has no such pods, since nothing is injected there.
    package static func pods(
        among pods: [PodUse], in labels: NamespaceLabels, policies: [TLSPolicy]
    ) -> [PodUse] {
        guard let optIn = labels["podmint.dev/injection"], ["enabled", "policies"].contains(optIn) else {
            return []
        }
        let selecting = optIn == "policies" ? policies : []
        return pods.filter { isMissed($0, selecting) }
    }

    private static func isMissed(_ pod: PodUse, _ selecting: [TLSPolicy]) -> Bool {
        guard pod.isLive, !pod.isBeyondInjection, !pod.hasAgent,
            pod.annotations[AnnotationName.inject.rawValue] != "false"
        else { return false }
        // A user certificate comes by a volume alone.
        if let secret = pod.annotations[AnnotationName.secret.rawValue], pod.mountedSecrets.contains(secret) {
            return false
        }
        if pod.annotations[AnnotationName.inject.rawValue] == "true" { return true }
        let served = ServedPods(of: pod)
        return selecting.contains { policy in
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
        let parts = pod.owner.split(separator: " ")
        let restartable = ["Deployment", "StatefulSet", "DaemonSet"]
        let cure =
            parts.count == 2 && restartable.contains(String(parts[0]))
            ? "kubectl rollout restart \(parts[0].lowercased()) \(parts[1]) -n \(pod.namespace)"
            : "kubectl delete pod \(pod.name) -n \(pod.namespace), once its owner can make it anew"
        return
            "this pod asks for a certificate and has none: it was made while podmint did not answer, or before its namespace opted in. Make it anew: \(cure)"
    }
}
