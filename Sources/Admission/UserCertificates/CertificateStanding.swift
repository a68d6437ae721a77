// SPDX-License-Identifier: Apache-2.0
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
            annotation: secret.modeAnnotation, isControlled: secret.isControlled, namespaceLabels: labels.all)
        guard mode.mode != .off, !(secret.isControlled && secret.isPlaceholder) else { return nil }
        let uses = users.prefix(ServedPods.mostHostnames).compactMap { pod in
            CertificateUse.all(ServedPods(of: pod), surroundings).first { $0.secret == name }
        }
        return secret.report(CertificateUse.needed(by: uses), at: clock())
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
