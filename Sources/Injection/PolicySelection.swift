// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
internal import Policies
internal import SigningProtocol
internal import Validation

/// Which certificates a pod gets: those of the policies that it names, then those of the policies that select it, else
/// the default.
struct PolicySelection {
    private(set) var isAsked: Bool
    private(set) var certificates: [PlannedCertificate] = []
    private(set) var faults: [Refusal] = []

    init(
        _ wish: CertificateWish, _ choice: AnnotationParser.Choice, _ pod: PodView,
        _ context: InjectionContext
    ) {
        isAsked = choice == .ask
        guard isAsked || context.selectsByLabel else { return }
        guard let inNamespace = context.policies.policies(in: context.namespace) else {
            // Who asks for nothing may be selected by a policy that is not known yet.
            faults = [Self.notYetSynced(context)]
            isAsked = true
            return
        }
        // What nearly every pod comes to.
        if inNamespace.isEmpty, wish.policies == nil {
            guard isAsked else { return }
            add(nil, named: .standard, wish, context)
            checkPaths(wish)
            return
        }
        let labels = inNamespace.isEmpty ? [:] : pod.labels
        let selected = inNamespace.compactMap(\.value).filter { $0.selector?.matches(labels) ?? false }
        if !selected.isEmpty { isAsked = true }
        guard isAsked else { return }
        var names: [PolicyName] = []
        for name in (wish.policies ?? []) + selected.map(\.name) where !names.contains(name) {
            names.append(name)
        }
        if names.isEmpty { names = [.standard] }
        checkCount(names.count)
        for name in names.prefix(AgentEnvironment.mostCertificates) { find(name, wish, context) }
        checkPaths(wish)
    }

    // MARK: - One policy

    private mutating func find(_ name: PolicyName, _ wish: CertificateWish, _ context: InjectionContext) {
        switch context.policies.policy(named: name, in: context.namespace) {
        case .notYetSynced: faults.append(Self.notYetSynced(context))
        case .missing where name == .standard: add(nil, named: name, wish, context)
        case .missing: faults.append(unknown(name, context))
        case .found(let reading):
            if let policy = reading.value { return add(policy, named: name, wish, context) }
            let first = reading.faults.first { $0.severity == .error }
            faults.append(
                Refusal(
                    code: .unusablePolicy, field: AnnotationName.field(AnnotationName.policy.rawValue),
                    problem:
                        "TLSPolicy \(name) of this pod cannot work: \(first.map { "\($0.field): \($0.found); wanted \($0.wanted)" } ?? "it is faulty")",
                    fix: "See `kubectl describe tlspolicy \(name) -n \(context.namespace)`, and mend it"))
        }
    }

    private mutating func add(
        _ policy: TLSPolicy?, named name: PolicyName, _ wish: CertificateWish, _ context: InjectionContext
    ) {
        let planner = CertificatePlanner(policy, named: name, wish, context)
        faults += planner.faults
        if let certificate = planner.certificate { certificates.append(certificate) }
    }

    private func unknown(_ name: PolicyName, _ context: InjectionContext) -> Refusal {
        let known = (context.policies.policies(in: context.namespace) ?? []).compactMap {
            $0.value?.name.text
        }
        let near = Spelling.nearest(to: name.text, among: known, by: \.self)
        return Refusal(
            code: .unknownPolicy, field: AnnotationName.field(AnnotationName.policy.rawValue),
            problem:
                "\(AnnotationName.policy.key) names \"\(name)\", and namespace \(context.namespace) has no such TLSPolicy",
            fix: near.map { "Did you mean \($0)?" }
                ?? (known.isEmpty
                    ? "Create it, then the pod again"
                    : "Create it, or name one of: " + known.prefix(10).joined(separator: ", ")))
    }

    // MARK: - All of them

    private mutating func checkCount(_ count: Int) {
        guard count > AgentEnvironment.mostCertificates else { return }
        faults.append(
            Refusal(
                code: .tooManyPolicies, field: "metadata.labels",
                problem:
                    "the pod is under \(count) TLSPolicies; wanted at most \(AgentEnvironment.mostCertificates)",
                fix: "Narrow their selectors, or annotate the pod with fewer"))
    }

    /// Two certificates in one folder would overwrite each other.
    private mutating func checkPaths(_ wish: CertificateWish) {
        guard certificates.count > 1 else { return }
        let single = [(AnnotationName.mountPath, wish.mountPath?.text), (.secret, wish.secret)]
        for case (let name, let value?) in single {
            let policies = certificates.map(\.policy.text).joined(separator: ", ")
            faults.append(
                Refusal(
                    code: .mountConflict, field: AnnotationName.field(name.rawValue),
                    problem:
                        "\(name.key) is \(value.prefix(64)), and the pod gets \(certificates.count) certificates (\(policies))",
                    fix:
                        "Remove it, and say it in each TLSPolicy (\(name == .secret ? "tls.certificate.secretName" : "mount.path"))"
                ))
        }
        if wish.mountPath != nil { return }
        for (index, one) in certificates.enumerated() {
            for other in certificates[..<index] where one.path.collides(with: other.path) {
                faults.append(
                    Refusal(
                        code: .mountConflict, field: "spec.containers",
                        problem:
                            "TLSPolicies \(other.policy) and \(one.policy) \(one.path == other.path ? "both mount their certificates at \(one.path.text)" : "mount their certificates at \(other.path.text) and \(one.path.text), one inside the other")",
                        fix: "Give one of them another mount.path"))
            }
        }
    }

    private static func notYetSynced(_ context: InjectionContext) -> Refusal {
        Refusal(
            code: .notYetSynced, field: "metadata.namespace",
            problem:
                "podmint has just started and does not know the TLSPolicies of namespace \(context.namespace) yet",
            fix: "Try again in a few seconds; controllers do by themselves")
    }
}
