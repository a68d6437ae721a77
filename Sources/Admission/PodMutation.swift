// SPDX-License-Identifier: Apache-2.0
internal import Injection
internal import KubernetesAPI

/// `/mutate/pods`: gives a new pod what it asks for. A dry run gets the same answer, since answering is all it does.
struct PodMutation {
    let context: InjectionContext
    let labels: NamespaceLabels

    func review(_ request: AdmissionRequest, _ pod: PodView) -> AdmissionResponse {
        let decision = PodInjector.decide(pod, context)
        guard !labels.asksForAudit else { return Self.audited(decision) }
        switch decision {
        case .inject(let patch, _, let warnings):
            return AdmissionResponse(.patch(patch), warnings: warnings)
        case .unchanged(let warnings): return AdmissionResponse(.allow, warnings: warnings)
        case .skip(let reason):
            return AdmissionResponse(.allow, warnings: [reason.warning].compactMap(\.self))
        case .refuse(let refusals): return AdmissionResponse(.deny(PodSubject(pod, request).denial(refusals)))
        }
    }

    private static func audited(_ decision: InjectionDecision) -> AdmissionResponse {
        switch decision {
        case .inject(_, _, let warnings):
            let note = "podmint audit: this pod would get container \(InjectedName.agent) and a certificate"
            return AdmissionResponse(.allow, warnings: [note] + warnings, audited: .patch)
        case .unchanged(let warnings): return AdmissionResponse(.allow, warnings: warnings)
        case .skip(let reason):
            return AdmissionResponse(.allow, warnings: [reason.warning].compactMap(\.self))
        case .refuse(let refusals):
            return AdmissionResponse(
                .allow, warnings: refusals.map { "podmint audit: would refuse: \($0.text)" }, audited: .deny)
        }
    }
}
