// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import Policies
internal import Validation

/// `/validate/policies`: whether a TLSPolicy or ClusterAuthority can work at all. Every fault at once, by the code that reads
/// it later and by the rules that decide names.
///
/// What the object names may come later, so its absence is a warning. An update that leaves the spec as it was always passes:
/// labels and finalizers must not hang on a spec that an older podmint took.
struct PolicyReviewer {
    let references: any PolicyReferences
    let labels: NamespaceLabels
    let cluster: ClusterNames

    func review(_ request: AdmissionRequest) -> AdmissionResponse {
        guard request.operation == .create || request.operation == .update, request.subResource.isEmpty,
            let object = request.object
        else { return .allow }
        if let old = request.oldObject, old["spec"]?.value == object["spec"]?.value { return .allow }
        let report = FaultReport(PolicyFaults.of(object, request, references, labels, cluster))
        if report.isValid || labels.asksForAudit {
            return AdmissionResponse(
                .allow, warnings: report.faults.map(AdmissionWarning.text),
                audited: report.isValid ? nil : .deny)
        }
        return AdmissionResponse(
            .deny(
                .invalid(
                    report.text,
                    causes: report.errors.map { fault in
                        Denial.Cause(
                            code: fault.code.rawValue,
                            message: "\(fault.found); wanted \(fault.wanted). \(fault.fix)",
                            field: fault.field)
                    })))
    }
}

extension AdmissionRequest.Resource {
    static let tlsPolicies = Self(group: "podmint.dev", version: "v1alpha1", resource: "tlspolicies")
    static let clusterAuthorities = Self(
        group: "podmint.dev", version: "v1alpha1", resource: "clusterauthorities")
}
