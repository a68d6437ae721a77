// SPDX-License-Identifier: Apache-2.0
package import JSON
internal import Policies
package import Validation

extension CertificateReview {
    /// How a Secret stands now, by its own content and by what the pods that serve with it need. Nil where its mode is
    /// `Off`, where its owner has yet to fill it, and where not enough is known.
    package func standing(
        of secret: CertificateSecret, named name: String, in namespace: String, _ labels: NamespaceLabels
    ) -> FaultReport? {
        let (surroundings, missing) = surroundings(of: namespace)
        guard missing == nil, let users = facts.users(ofSecret: name, in: namespace) else { return nil }
        let mode = ValidationModeDecision(
            annotation: secret.modeAnnotation, isControlled: secret.isControlled,
            policy: surroundings.mode(ofSecret: name), namespaceLabels: labels.all)
        guard mode.mode != .off, !(secret.isControlled && secret.isPlaceholder) else { return nil }
        let uses = uses(of: name, by: users, surroundings).map(\.use)
        return secret.report(CertificateUse.needed(by: uses), at: clock())
    }

    /// How strictly a Secret is judged, as far as policies and labels are known.
    package func decision(
        on secret: JSONView, named name: String, in namespace: String, _ labels: NamespaceLabels
    ) -> ValidationModeDecision {
        ValidationModeDecision(
            secret: secret, policy: surroundings(of: namespace).0.mode(ofSecret: name),
            namespaceLabels: labels.all)
    }

    /// The pods among its users that serve with a Secret, as many as are looked at, and for what. Those that merely mount it
    /// say nothing about what it is for, and must not crowd the others out.
    func uses(
        of secret: String, by users: [PodUse], _ around: CertificateUse.Surroundings
    ) -> [(pod: PodUse, use: CertificateUse)] {
        var uses: [(pod: PodUse, use: CertificateUse)] = []
        for pod in users {
            let all = CertificateUse.all(ServedPods(of: pod), around)
            guard let use = all.first(where: { $0.secret == secret }) else { continue }
            uses.append((pod, use))
            if uses.count == ServedPods.mostHostnames { break }
        }
        return uses
    }
}

extension CertificateUse.Surroundings {
    /// How strict the policies are that name this Secret: the strictest counts. Nil where none says anything.
    func mode(ofSecret name: String) -> ValidationMode? {
        ValidationMode.strictest(
            policies.lazy.filter { $0.tls.certificateSecret == name }.compactMap(\.validation))
    }
}

extension CertificateUse {
    /// What all of them need together.
    static func needed(by uses: [CertificateUse]) -> Expectation {
        var seen: Set<WantedName> = []
        let names = uses.flatMap(\.expectation.names).filter { seen.insert($0).inserted }
        return Expectation(
            names: names, usage: uses.lazy.compactMap(\.expectation.usage).first, isUsageImplied: true)
    }
}
