// SPDX-License-Identifier: Apache-2.0
internal import Injection
internal import KubernetesAPI

/// `/validate/pods`: whether the pod, after all other mutators, still holds what it asked podmint for.
///
/// Only what would leave it without a certificate is refused. A mirrored image, other resources, or the traces of
/// another version of podmint are let through, or an upgrade of podmint would stop pods from starting.
struct FinalPodCheck {
    let context: InjectionContext
    let labels: NamespaceLabels

    func review(_ request: AdmissionRequest, _ pod: PodView) -> AdmissionResponse {
        guard !labels.asksForAudit else { return .allow }
        switch PodInjector.decide(pod, context, scope: .recordedContainers) {
        case .unchanged, .skip: return .allow
        case .refuse(let refusals): return AdmissionResponse(.deny(PodSubject(pod, request).denial(refusals)))
        case .inject(_, let differences, _):
            let missing = differences.filter(\.isEssential)
            return missing.isEmpty ? .allow : AdmissionResponse(.deny(denial(of: pod, request, missing)))
        }
    }

    private func denial(of pod: PodView, _ request: AdmissionRequest, _ missing: [PodDifference]) -> Denial {
        let subject = PodSubject(pod, request).text
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
