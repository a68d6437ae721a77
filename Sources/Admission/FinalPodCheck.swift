// SPDX-License-Identifier: Apache-2.0
internal import Injection
internal import KubernetesAPI
internal import Validation

/// `/validate/pods`: whether the pod, after all other mutators, still holds what it asked podmint for.
///
/// Only what would leave it without a certificate is refused. A mirrored image, other resources, or the traces of
/// another version of podmint are let through, or an upgrade of podmint would stop pods from starting.
struct FinalPodCheck {
    let context: InjectionContext
    let labels: NamespaceLabels
    let certificates: CertificateReview

    func review(_ request: AdmissionRequest, _ pod: PodView) -> AdmissionResponse {
        let verdict = certificates.judge(ServedPods(of: pod, namespace: request.namespace), labels)
        guard !labels.asksForAudit else {
            return AdmissionResponse(
                .allow, warnings: verdict.warnings + verdict.faults.map(AdmissionWarning.text),
                audited: verdict.isAudited && !pod.metadata.isControlled ? .deny : nil)
        }
        switch PodInjector.decide(pod, context, scope: .recordedContainers) {
        case .refuse(let refusals): return AdmissionResponse(.deny(PodSubject(pod, request).denial(refusals)))
        case .inject(_, let differences, _):
            let missing = differences.filter(\.isEssential)
            guard missing.isEmpty else { return AdmissionResponse(.deny(denial(of: pod, request, missing))) }
        case .unchanged, .skip: break
        }
        return certificate(of: pod, request, verdict)
    }

    /// A pod that a controller makes is only warned about: it may be the replacement for one that ran well, and its
    /// template was judged when somebody applied it. The owner is a hint that anyone can forge, used for leniency only.
    private func certificate(
        of pod: PodView, _ request: AdmissionRequest, _ verdict: CertificateReview.Verdict
    ) -> AdmissionResponse {
        let subject = PodSubject(pod, request)
        if pod.metadata.isControlled {
            return AdmissionResponse(
                .allow, warnings: verdict.warnings + verdict.faults.map(AdmissionWarning.text))
        }
        if let missing = verdict.missing {
            return AdmissionResponse(
                .deny(
                    .notYet(
                        "\(subject.text): podmint does not know \(missing) yet; it will in a moment, so try again"
                    )))
        }
        guard verdict.faults.isEmpty else {
            return AdmissionResponse(.deny(subject.denial([], verdict.faults)), warnings: verdict.warnings)
        }
        return AdmissionResponse(.allow, warnings: verdict.warnings)
    }

    private func denial(of pod: PodView, _ request: AdmissionRequest, _ missing: [PodDifference]) -> Denial {
        let subject = PodSubject(pod, request).text
        if case .policiesChanged? = missing.first {
            return .notYet(
                "\(subject): the TLSPolicies of namespace \(request.namespace) changed while it was created: \(missing[0]). Create it again; controllers do by themselves. [InjectionIncomplete]"
            )
        }
        let wasSeen = pod.metadata.annotation("podmint.dev/status") != nil
        let story =
            wasSeen
            ? "another mutating webhook undid what podmint put in. Let it leave alone what is podmint's, or run before podmint's"
            : "podmint's mutating webhook did not see it. Look at MutatingWebhookConfiguration podmint, then create the pod again"
        let list = missing.map(\.description).joined(separator: "; ")
        return .forbidden(
            "\(subject) asks for a certificate and would start without one: \(list). Most likely \(story). [InjectionIncomplete]",
            causes: missing.map {
                Denial.Cause(code: "InjectionIncomplete", message: $0.description, field: "spec")
            })
    }
}
