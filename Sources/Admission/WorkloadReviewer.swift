// SPDX-License-Identifier: Apache-2.0
internal import Injection
internal import JSON
internal import KubernetesAPI
internal import Validation

/// `/validate/workloads`: puts a template through the decision that its pods will get, so that whoever applies it hears
/// of it, and not an event of a ReplicaSet.
///
/// What a controller makes is left alone: its own template was judged, or was there before podmint, and its pods are
/// judged again. So is an update that changes nothing about its pods.
struct WorkloadReviewer {
    let context: InjectionContext
    let labels: NamespaceLabels
    let certificates: CertificateReview

    func review(_ request: AdmissionRequest, _ kind: WorkloadKind) -> AdmissionResponse {
        guard request.operation == .create || request.operation == .update, request.subResource.isEmpty,
            let workload = request.object.flatMap({ WorkloadView($0, kind: kind) }),
            workload.metadata.controller == nil
        else { return .allow }
        let isAnnotated = PodInjector.concerns(workload.template)
        // Without an annotation it is sent here only from where policies select by label.
        let selectsByPolicy = labels.selectsByPolicy || !isAnnotated && labels.isUnknown
        guard isAnnotated || selectsByPolicy else { return .allow }
        let old = request.oldObject.flatMap { WorkloadView($0, kind: kind) }
        if let old, Self.areSame(workload, old) { return .allow }

        let name = workload.metadata.name ?? workload.metadata.displayName
        let subject = "\(kind.rawValue) \(name) in namespace \(request.namespace)"
        var (refusals, warnings) = injection(workload, selectsByPolicy)
        let time = certificates.clock()
        var verdict = judge(workload, request.namespace, at: time)
        if let missing = verdict.missing, refusals.isEmpty {
            return Self.notYet(subject, missing)
        }
        if let old, !verdict.faults.isEmpty || verdict.isAudited {
            forgive(&verdict, judge(old, request.namespace, at: time))
        }
        warnings += verdict.warnings
        guard !refusals.isEmpty || !verdict.faults.isEmpty else {
            return AdmissionResponse(.allow, warnings: warnings, audited: verdict.isAudited ? .deny : nil)
        }
        guard !labels.asksForAudit else {
            let would = refusals.map(\.text) + verdict.faults.map { AdmissionWarning.text($0) }
            return AdmissionResponse(
                .allow, warnings: warnings + would.map { "podmint audit: would refuse: \($0)" },
                audited: .deny)
        }
        refusals = refusals.map { $0.moved(under: kind.templatePath) }
        return AdmissionResponse(
            .deny(PodSubject(subject).denial(refusals, verdict.faults)), warnings: warnings)
    }

    private func injection(_ workload: WorkloadView, _ selectsByPolicy: Bool) -> ([Refusal], [String]) {
        var context = context
        context.selectsByLabel = selectsByPolicy
        return switch PodInjector.decide(workload.template, context) {
        case .inject(_, _, let warnings), .unchanged(let warnings): ([], warnings)
        case .skip(let reason): ([], [reason.warning].compactMap(\.self))
        case .refuse(let refusals): (refusals, [])
        }
    }

    private func judge(
        _ workload: WorkloadView, _ namespace: String, at time: Timestamp
    ) -> CertificateReview.Verdict {
        certificates.judge(ServedPods(of: workload, namespace: namespace), labels, at: time)
    }

    private static func notYet(_ subject: String, _ missing: String) -> AdmissionResponse {
        AdmissionResponse(
            .deny(
                .notYet("\(subject): podmint does not know \(missing) yet; it will in a moment, so try again")
            ))
    }

    /// What was wrong before the update is told, and does not stand in its way: a new image must not wait for a new
    /// certificate.
    private func forgive(_ verdict: inout CertificateReview.Verdict, _ before: CertificateReview.Verdict) {
        let known = Set(before.faults.map(Complaint.init))
        // In `audit` all faults are mild ones.
        verdict.isAudited = verdict.isAudited && !before.isAudited
        verdict.mild += verdict.faults.filter { known.contains(Complaint($0)) }
        verdict.faults.removeAll { known.contains(Complaint($0)) }
    }

    /// What a fault is about. How it is worded depends on the faults beside it and on the clock.
    private struct Complaint: Hashable {
        let code: FaultCode
        let object: String
        let field: String
        let wanted: String

        init(_ fault: Fault) {
            (code, object, field, wanted) = (fault.code, fault.object, fault.field, fault.wanted)
        }
    }

    private static func areSame(_ one: WorkloadView, _ other: WorkloadView) -> Bool {
        one.pods == other.pods && one.template.object.value == other.template.object.value
    }
}
