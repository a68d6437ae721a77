// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
package import Policies
package import Validation

/// What admission knows and needs for judging user certificates.
package struct CertificateReview: Sendable {
    let facts: any CertificateFacts
    let clusterDomain: String
    let trustDomain: String
    let clock: @Sendable () -> Timestamp

    package init(
        facts: any CertificateFacts, clusterDomain: String, trustDomain: String,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.facts = facts
        self.clusterDomain = clusterDomain
        self.trustDomain = trustDomain
        self.clock = clock
    }

    /// The usual ones where what was given is none.
    package var clusterNames: ClusterNames {
        ClusterNames(clusterDomain: clusterDomain, trustDomain: trustDomain) ?? .standard
    }

    /// Seconds since the epoch.
    package var now: Int64 { clock().secondsSinceEpoch }

    /// What is to be said of the certificates that some pods name.
    package struct Verdict: Sendable {
        /// Errors of Secrets in `Enforce`.
        package var faults: [Fault] = []
        /// What refuses nothing.
        package var mild: [Fault] = []
        /// Whether some of that is only mild because the namespace is in `audit`.
        package var isAudited = false
        /// What could not be looked at.
        package var notes: [String] = []
        package var warnings: [String] { mild.map(AdmissionWarning.text) + notes }
        /// What is not known yet, so that the answer must be asked for again.
        package var missing: String?
    }

    package func judge(_ pods: ServedPods, _ labels: NamespaceLabels) -> Verdict {
        judge(pods, labels, at: clock())
    }

    /// Two verdicts that are to be compared must be of one time.
    func judge(_ pods: ServedPods, _ labels: NamespaceLabels, at time: Timestamp) -> Verdict {
        var verdict = Verdict()
        let (surroundings, missing) = surroundings(of: pods.namespace)
        let uses = CertificateUse.all(pods, surroundings)
        // A pod may be under a policy that nobody has heard of yet.
        if let missing, !uses.isEmpty || !pods.annotations.isEmpty { verdict.missing = missing }
        guard verdict.missing == nil else { return verdict }
        for use in uses { judge(use, in: pods.namespace, labels, at: time, &verdict) }
        return verdict
    }

    /// What is known around the pods of a namespace, and what is not known yet.
    func surroundings(of namespace: String) -> (CertificateUse.Surroundings, missing: String?) {
        let (services, policies) = (facts.services(in: namespace), facts.policies(in: namespace))
        let missing = services == nil ? "the Services" : policies == nil ? "the TLSPolicies" : nil
        return (
            CertificateUse.Surroundings(
                services: SelectingServices(services ?? [], clusterDomain: clusterDomain),
                policies: policies ?? [], clusterDomain: clusterDomain, trustDomain: trustDomain),
            missing.map { "\($0) of namespace \(namespace)" }
        )
    }

    private func judge(
        _ use: CertificateUse, in namespace: String, _ labels: NamespaceLabels, at time: Timestamp,
        _ verdict: inout Verdict
    ) {
        let title = "Secret \(namespace)/\(use.secret)"
        switch facts.secret(use.secret, in: namespace) {
        case .notYetRead: verdict.missing = "the Secrets of namespace \(namespace)"
        case .notReadable:
            verdict.notes.append(
                "\(title) is not checked: podmint may not read Secrets of namespace \(namespace) (podmint manifests --allow-namespace \(namespace))"
            )
        case .absent:
            // It may become an authority's; the policy's controller says what it lacks.
            guard use.isByAnnotation else { return }
            verdict.notes.append(
                "\(title) with a certificate does not exist yet; it is checked when it is applied")
        // What a policy signs with is judged by who signs.
        case .known(let secret) where secret.isAuthority && !use.isByAnnotation: return
        case .known(let secret):
            let decision = ValidationModeDecision(
                annotation: secret.modeAnnotation, isControlled: secret.isControlled, policy: use.policyMode,
                namespaceLabels: labels.all)
            let mode = decision.mode
            guard mode != .off, !(secret.isControlled && secret.isPlaceholder) else { return }
            let report =
                secret.isAuthority
                ? FaultReport([use.withoutLeaf(title)])
                : secret.report(use.expectation, at: time)
            if mode == .warn {
                verdict.mild += report.faults
                if decision.isAudited, !report.isValid { verdict.isAudited = true }
            } else {
                verdict.faults += report.errors
                verdict.mild += report.warnings
            }
            if use.isCutShort {
                verdict.notes.append(
                    "\(title): the names of the first \(ServedPods.mostHostnames) pods and \(SelectingServices.most) Services were looked for, no more"
                )
            }
        }
    }
}

/// A fault as a line that clients print after "Warning:".
enum AdmissionWarning {
    /// What clients show of a warning without folding it away.
    private static let longest = 120

    /// The code first, since the rest may be cut.
    static func text(_ fault: Fault) -> String {
        // Which name is missing is the whole point, and stands at the end.
        if fault.code == .sanMissing {
            return cut("\(fault.code.rawValue): \(fault.object): wanted \(fault.wanted); \(fault.found)")
        }
        return cut("\(fault.code.rawValue): \(fault.object) \(fault.field): \(fault.found)")
    }

    static func cut(_ text: String) -> String {
        text.count > longest ? text.prefix(longest - 1) + "…" : text
    }
}

extension NamespaceLabels {
    /// None while they are not known: then nothing but the Secret itself can soften the answer.
    var all: [String: String] {
        if case .known(let labels) = self { labels } else { [:] }
    }
}
