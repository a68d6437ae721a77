// SPDX-License-Identifier: Apache-2.0
internal import JSON
package import KubernetesAPI
internal import Policies
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
        guard let secret = request.object else { return .allow }
        let isInScope = SecretMaterial.isInScope(secret)
        // One that loses its certificate held one, and pods may serve with it.
        guard isInScope || request.oldObject.map(SecretMaterial.isInScope) == true else { return .allow }
        if let old = request.oldObject, SecretContents.isUnchanged(secret, since: old) { return .allow }
        let decision = certificates.decision(
            on: secret, named: Self.name(in: request), in: request.namespace, labels)
        let isOpen = isLeftToPolicies(secret, request, labels)
        guard decision.mode != .off || isOpen else { return .allow }
        if SecretOwnership(secret).isControlled, SecretContents.isPlaceholder(secret) { return .allow }

        let material = SecretMaterial(of: secret, namespace: request.namespace).withChain()
        let time = certificates.clock()
        let report = isInScope ? SecretValidator.validate(material, at: time) : FaultReport([])
        if isOpen, !report.isValid { return Self.notYet(material, "what the TLSPolicies that name it say") }
        let mayRefuse = decision.mode == .enforce || isOpen
        // What is certainly wrong is not mended by asking again.
        if material.hasUnreadKey, mayRefuse, report.isValid || material.hasGuessedOwner {
            return Self.notYet(material, "whether its key is good (its locked memory is full)")
        }
        let use = useFaults(request, material, report, at: time)
        if use.isUnknown, mayRefuse, report.isValid {
            return Self.notYet(material, "who uses it, and how")
        }
        let whole = FaultReport(report.faults + use.faults)
        var warnings = decision.warning.map { [AdmissionWarning.cut($0)] } ?? []
        if let note = use.note { warnings.append(AdmissionWarning.cut(note)) }
        if decision.mode == .warn || whole.isValid {
            return AdmissionResponse(
                .allow, warnings: warnings + whole.faults.map(AdmissionWarning.text),
                audited: decision.isAudited && !whole.isValid ? .deny : nil)
        }
        // The message lists warnings too; said twice they would only hide the errors.
        return AdmissionResponse(.deny(Self.denial(whole)), warnings: warnings)
    }

    /// Whether a policy that nobody has heard of yet may refuse what is wrong with it, or let it pass.
    private func isLeftToPolicies(
        _ secret: JSONView, _ request: AdmissionRequest, _ labels: NamespaceLabels
    ) -> Bool {
        guard certificates.facts.policies(in: request.namespace) == nil else { return false }
        let modes = [ValidationMode.enforce, .off].map {
            ValidationModeDecision(secret: secret, policy: $0, namespaceLabels: labels.all).mode
        }
        return modes == [.enforce, .off]
    }

    /// What those who use the Secret need of it, beyond what `plain` says already.
    private func useFaults(
        _ request: AdmissionRequest, _ material: SecretMaterial, _ plain: FaultReport, at time: Timestamp
    ) -> (faults: [Fault], note: String?, isUnknown: Bool) {
        guard let serving = serving(request) else { return ([], nil, true) }
        guard let old = request.oldObject else {
            guard !serving.isEmpty else { return ([], nil, false) }
            var wanting = material
            wanting.expectation = CertificateUse.needed(by: serving.map(\.use))
            let known = Set(plain.faults)
            let all = SecretValidator.validate(wanting, at: time).faults
            return (all.filter { !known.contains($0) }, nil, false)
        }
        guard let losses = losses(request, since: old, material, serving) else { return ([], nil, true) }
        let reason = request.object.flatMap { ObjectMeta(of: $0).annotation(SecretLosses.overrideKey) } ?? ""
        guard !losses.isEmpty, !reason.allSatisfy(\.isWhitespace) else { return (losses, nil, false) }
        return (
            losses.map(\.asWarning),
            "\(SecretLosses.overrideKey) is obeyed; take it off again: it also lets the next update through",
            false
        )
    }

    /// The pods that hold or wait for the Secret; nil while that is not known.
    private func serving(_ request: AdmissionRequest) -> [(pod: PodUse, use: CertificateUse)]? {
        let name = Self.name(in: request)
        guard let users = certificates.facts.users(ofSecret: name, in: request.namespace) else { return nil }
        guard !users.isEmpty else { return [] }
        let (surroundings, missing) = certificates.surroundings(of: request.namespace)
        return missing == nil ? certificates.uses(of: name, by: users, surroundings) : nil
    }

    /// Nil while it is not known.
    private func losses(
        _ request: AdmissionRequest, since old: JSONView, _ material: SecretMaterial,
        _ serving: [(pod: PodUse, use: CertificateUse)]
    ) -> [Fault]? {
        var faults: [Fault] = []
        // The old key takes room in locked memory: only where somebody may miss its certificate.
        if !serving.isEmpty {
            let before = SecretMaterial(of: old, namespace: request.namespace)
            // It says which certificate was served; the authority's says nothing here.
            guard before.key?.isOutOfMemory != true else { return nil }
            faults = SecretLosses.faults(
                from: before, to: material, needed: CertificateUse.needed(by: serving.map(\.use)),
                users: serving.map(\.pod).owners)
        }
        guard SecretLosses.losesAuthority(from: old, to: material) else { return faults }
        guard let policies = certificates.facts.policies(in: request.namespace) else { return nil }
        let name = Self.name(in: request)
        let signing = policies.filter { $0.source == .secret(name) }.map(\.metadata.name).sorted()
        return faults + SecretLosses.faults(ofAuthority: material, policies: signing)
    }

    private func warningsOfDeletion(_ request: AdmissionRequest, _ labels: NamespaceLabels) -> [String] {
        let name = Self.name(in: request)
        guard let users = certificates.facts.users(ofSecret: name, in: request.namespace), !users.isEmpty
        else { return [] }
        let pods = users.count == 1 ? "1 pod uses" : "\(users.count) pods use"
        return [
            AdmissionWarning.cut(
                "Secret \(request.namespace)/\(name): \(pods) it (\(users.owners)); new ones will not start without it"
            )
        ]
    }

    /// The request names none where a whole collection is deleted, and where the server is to make a name up.
    private static func name(in request: AdmissionRequest) -> String {
        guard request.name.isEmpty else { return request.name }
        return (request.object ?? request.oldObject).flatMap { ObjectMeta(of: $0).name } ?? ""
    }

    private static func notYet(_ material: SecretMaterial, _ what: String) -> AdmissionResponse {
        AdmissionResponse(
            .deny(
                .notYet(
                    "\(material.object): podmint does not know yet \(what); it will in a moment, so try again"
                )))
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
