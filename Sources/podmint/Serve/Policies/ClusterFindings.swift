// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Issuance
internal import KubernetesAPI
internal import OpenSSL
internal import Policies

/// Findings from what podmint keeps of the cluster: policies and pods by watches, authorities and trust looked at within the
/// last half minute. Asking for an authority makes it, so that it is there before the first pod.
struct ClusterFindings: PolicyFindings {
    let catalog: PolicyCatalog
    let desk: IssuanceDesk
    let ownNamespace: String
    let pods: UserCertificateWatch
    let certificates: CertificateReview
    let namespaces: any ClusterFacts

    func authority(of policy: TLSPolicy) async -> Finding? {
        if policy.source == .external {
            return Finding(
                standing: .yes, reason: "External",
                message: "somebody else issues these certificates; podmint distributes trust")
        }
        if case .authority(.clusterAuthority(let name)) = policy.source, let obstacle = obstacle(name) {
            return obstacle
        }
        let plan: IssuancePlan
        do throws(Refusal) {
            plan = try desk.authorities.plan(for: policy.name, in: policy.metadata.namespace)
        } catch {
            return Finding(
                standing: error.status == 403 ? .no : .unknown, reason: "AuthorityUnknown",
                message: "\(error.message); \(error.hint)")
        }
        do throws(AuthorityError) { return try await obtained(plan.authority) } catch {
            if case .notAnAuthority(let secret) = error { return mounted(secret, by: policy) }
            return Self.finding(error)
        }
    }

    func authority(of authority: ClusterAuthority) async -> Finding {
        let plan = AuthorityPlan(of: authority, ownNamespace: ownNamespace)
        do throws(AuthorityError) { return try await obtained(plan) } catch { return Self.finding(error) }
    }

    func trust(_ source: TrustSource, in namespace: String) async -> Finding {
        let (certificates, problem) = await desk.trust.certificates(of: source, in: namespace)
        guard let problem else {
            return Finding(
                standing: .yes, reason: "Trusted",
                message: "\(certificates.count) more CA certificates are trusted")
        }
        return Finding(
            standing: .no, reason: problem.reason, message: "\(problem.message); \(problem.hint)")
    }

    func pods(of policy: TLSPolicy) -> PolicyCount? {
        let namespace = policy.metadata.namespace
        guard let live = pods.livePods(in: namespace) else { return nil }
        return PolicyCount(
            of: policy, among: live, in: namespaces.labels(ofNamespace: namespace),
            policies: pods.policies(in: namespace) ?? [],
            secret: { pods.secret($0, in: namespace).asNamedByPolicy })
    }

    func denial(under policy: TLSPolicy) -> Finding? {
        desk.denials.denial(under: policy.name, in: policy.metadata.namespace).map { denial in
            Finding(
                standing: .no, reason: denial.code.rawValue,
                message: "pod \(denial.pod): \(denial.message); \(denial.hint)")
        }
    }

    private func obtained(_ plan: AuthorityPlan) async throws(AuthorityError) -> Finding {
        let authority = try await desk.registry.authority(for: plan)
        let end = Timestamp(secondsSinceEpoch: authority.end)
        return Finding(
            standing: .yes, reason: "Ready", message: "authority \"\(plan.name)\" signs until \(end)")
    }

    private static func finding(_ error: AuthorityError) -> Finding {
        Finding(
            standing: error.isTransient ? .unknown : .no, reason: error.reason,
            message: "\(error.description); \(error.hint)")
    }

    private func mounted(_ secret: String, by policy: TLSPolicy) -> Finding? {
        let namespace = policy.metadata.namespace
        let labels = namespaces.labels(ofNamespace: namespace)
        guard labels != .notYetSynced else { return nil }
        return MountedCertificate(secret: secret, policy: policy, facts: pods).finding { known in
            certificates.standing(of: known, named: secret, in: namespace, labels)
        }
    }

    /// What the catalogue says against a shared authority; the default one needs no object.
    private func obstacle(_ name: String) -> Finding? {
        switch catalog.clusterAuthority(named: name) {
        case .missing where name != "default":
            return Finding(
                standing: .no, reason: "MissingReference",
                message:
                    "there is no ClusterAuthority \"\(name)\"; create it, or change spec.authority.clusterAuthority.name"
            )
        case .found(let reading) where reading.value == nil:
            return Finding(
                standing: .no, reason: "NotAccepted",
                message:
                    "ClusterAuthority \"\(name)\" cannot be used: kubectl describe clusterauthority \(name) says why"
            )
        case .notYetSynced, .missing, .found: return nil
        }
    }
}
