// SPDX-License-Identifier: Apache-2.0
internal import JSON
package import KubernetesAPI
internal import Validation

/// `/validate/secrets`: whether a Secret with certificates may be stored as it is, and what its going would break.
///
/// What cannot break anything always passes: subresources, Secrets of other kinds, and an update that leaves
/// certificates and keys as they were, be they expired by now. Deletion passes too, with a word about who would miss it.
package struct SecretReviewer: Sendable {
    private let certificates: CertificateReview

    package init(certificates: CertificateReview) { self.certificates = certificates }

    package func review(_ request: AdmissionRequest, _ labels: NamespaceLabels) -> AdmissionResponse {
        guard request.subResource.isEmpty else { return .allow }
        switch request.operation {
        case .create, .update: return judge(request, labels)
        case .delete: return AdmissionResponse(.allow, warnings: warningsOfDeletion(request, labels))
        case .connect: return .allow
        }
    }

    private func judge(_ request: AdmissionRequest, _ labels: NamespaceLabels) -> AdmissionResponse {
        guard let secret = request.object, SecretMaterial.isInScope(secret) else { return .allow }
        if let old = request.oldObject, SecretContents.isUnchanged(secret, since: old) { return .allow }
        let decision = ValidationModeDecision(secret: secret, namespaceLabels: labels.all)
        guard decision.mode != .off else { return .allow }
        if SecretOwnership(secret).isControlled, SecretContents.isPlaceholder(secret) { return .allow }

        let material = SecretMaterial(of: secret, namespace: request.namespace)
        let report = SecretValidator.validate(material, at: certificates.clock())
        let use = useFaults(request, material, report)
        if use.isUnknown, decision.mode == .enforce, report.isValid {
            return AdmissionResponse(
                .deny(
                    .notYet(
                        "\(material.object): podmint does not know yet which pods use it; it will in a moment, so try again"
                    )))
        }
        let whole = FaultReport(report.faults + use.faults)
        var warnings = decision.warning.map { [AdmissionWarning.cut($0)] } ?? []
        if let note = use.note { warnings.append(AdmissionWarning.cut(note)) }
        if decision.mode == .warn || whole.isValid {
            return AdmissionResponse(.allow, warnings: warnings + whole.faults.map(AdmissionWarning.text))
        }
        // The message lists warnings too; said twice they would only hide the errors.
        return AdmissionResponse(.deny(Self.denial(whole)), warnings: warnings)
    }

    /// What the pods that hold or wait for the Secret need of it, beyond what `plain` says already.
    private func useFaults(
        _ request: AdmissionRequest, _ material: SecretMaterial, _ plain: FaultReport
    ) -> (faults: [Fault], note: String?, isUnknown: Bool) {
        let name =
            request.name.isEmpty ? request.object.flatMap { ObjectMeta(of: $0).name } ?? "" : request.name
        guard let users = certificates.facts.users(ofSecret: name, in: request.namespace) else {
            return ([], nil, true)
        }
        guard !users.isEmpty else { return ([], nil, false) }
        let (surroundings, missing) = certificates.surroundings(of: request.namespace)
        guard missing == nil else { return ([], nil, true) }
        // Pods that merely mount it say nothing about what it is for.
        let serving = users.prefix(ServedPods.mostHostnames).compactMap { pod in
            CertificateUse.all(ServedPods(of: pod), surroundings).first { $0.secret == name }.map {
                (pod, $0)
            }
        }
        guard !serving.isEmpty else { return ([], nil, false) }
        let needed = CertificateUse.needed(by: serving.map(\.1))
        var wanting = material
        wanting.expectation = needed
        guard let old = request.oldObject else {
            let known = Set(plain.faults)
            let all = SecretValidator.validate(wanting, at: certificates.clock()).faults
            return (all.filter { !known.contains($0) }, nil, false)
        }
        let losses = SecretLosses.faults(
            from: SecretMaterial(of: old, namespace: request.namespace), to: material, needed: needed,
            users: serving.map(\.0).owners)
        let reason = request.object.flatMap { ObjectMeta(of: $0).annotation(SecretLosses.overrideKey) } ?? ""
        guard !losses.isEmpty, !reason.allSatisfy(\.isWhitespace) else { return (losses, nil, false) }
        let softened = losses.map { $0.asWarning }
        return (
            softened,
            "\(SecretLosses.overrideKey) is obeyed; take it off again: it also lets the next update through",
            false
        )
    }

    private func warningsOfDeletion(_ request: AdmissionRequest, _ labels: NamespaceLabels) -> [String] {
        guard let users = certificates.facts.users(ofSecret: request.name, in: request.namespace),
            !users.isEmpty
        else { return [] }
        let pods = users.count == 1 ? "1 pod uses" : "\(users.count) pods use"
        return [
            AdmissionWarning.cut(
                "Secret \(request.namespace)/\(request.name): \(pods) it (\(users.owners)); new ones will not start without it"
            )
        ]
    }

    private static func denial(_ report: FaultReport) -> Denial {
        .invalid(
            report.text,
            causes: report.errors.map { fault in
                Denial.Cause(
                    code: fault.code.rawValue,
                    message: "\(fault.found); wanted \(fault.wanted). \(fault.fix)",
                    field: fault.field)
            })
    }
}

extension Fault {
    /// The same, and it refuses nothing.
    fileprivate var asWarning: Fault {
        Fault(code, severity: .warning, object: object, field: field, found: found, wanted: wanted, fix: fix)
    }
}
