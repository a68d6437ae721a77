// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import KubernetesAPI
internal import Policies
internal import SigningProtocol

/// Findings from what podmint keeps in memory of the cluster.
struct ClusterFindings: PolicyFindings {
    let catalog: PolicyCatalog
    let pods: UserCertificateWatch

    func authority(of policy: TLSPolicy) async -> Finding {
        switch policy.source {
        case .external:
            Finding(
                standing: .yes, reason: "External",
                message: "somebody else issues these certificates; podmint distributes trust")
        case .authority(.clusterAuthority(let name)): shared(name)
        case .authority(.selfSigned), .secret: .pending
        }
    }

    func authority(of authority: ClusterAuthority) async -> Finding { .pending }

    func trust(_ source: TrustSource, in namespace: String) async -> Finding { .pending }

    func pods(of policy: TLSPolicy) -> (carrying: Int, missing: Int)? {
        guard let pods = pods.livePods(in: policy.metadata.namespace) else { return nil }
        return PodCount.of(policy, among: pods)
    }

    private func shared(_ name: String) -> Finding {
        switch catalog.clusterAuthority(named: name) {
        case .notYetSynced: return .pending
        case .missing where name != "default":
            return Finding(
                standing: .no, reason: "MissingReference",
                message:
                    "there is no ClusterAuthority \"\(name)\"; create it, or change spec.authority.clusterAuthority.name"
            )
        case .missing: return .pending
        case .found(let reading):
            guard reading.value == nil else { return .pending }
            return Finding(
                standing: .no, reason: "NotAccepted",
                message:
                    "ClusterAuthority \"\(name)\" cannot be used: kubectl describe clusterauthority \(name) says why"
            )
        }
    }
}

/// Whose pods carry a policy's certificate, and whose should.
enum PodCount {
    static func of(_ policy: TLSPolicy, among pods: [PodUse]) -> (carrying: Int, missing: Int) {
        var count = (carrying: 0, missing: 0)
        for pod in pods {
            if pod.hasAgent, pod.certificates.contains(policy.name.text) {
                count.carrying += 1
            } else if pod.wants(policy), !pod.isBeyondInjection {
                count.missing += 1
            }
        }
        return count
    }
}

extension PodUse {
    /// By name, or by its labels unless it opts out.
    fileprivate func wants(_ policy: TLSPolicy) -> Bool {
        guard annotations["inject"] != "false" else { return false }
        if let named = annotations["policy"] {
            return named.split(separator: ",").contains { $0.drop { $0 == " " } == policy.name.text }
        }
        return policy.selector?.matches(labels) ?? false
    }
}

extension Finding {
    fileprivate static let pending = Finding(
        standing: .unknown, reason: "Pending",
        message: "it is looked at when the first certificate is asked for")
}
