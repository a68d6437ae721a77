// SPDX-License-Identifier: Apache-2.0
package import Injection
package import JSON
internal import KubernetesAPI
package import Validation

/// What admission would find in a workload or a pod of a manifest: its annotations, and the certificates that it names.
package struct ManifestReview {
    package let faults: [Fault]
    /// What could not be looked at.
    package let notes: [String]

    /// Nil for what makes no pods, and for pods that podmint has nothing to do with.
    package init?(
        _ object: JSONView, kind: String, title: String, namespace: String, context: InjectionContext,
        labels: NamespaceLabels, certificates: CertificateReview
    ) {
        let (pod, path, served): (PodView, String, ServedPods)
        if let workload = WorkloadKind(rawValue: kind).flatMap({ WorkloadView(object, kind: $0) }) {
            (pod, path) = (workload.template, workload.kind.templatePath + ".")
            served = ServedPods(of: workload, namespace: namespace)
        } else if kind == "Pod" {
            (pod, path) = (PodView(object), "")
            served = ServedPods(of: pod, namespace: namespace)
        } else {
            return nil
        }
        var context = context
        context.namespace = namespace
        context.enforcesRestricted = labels.enforcesRestricted
        context.selectsByLabel = labels.selectsByPolicy
        let verdict = certificates.judge(served, labels)
        var faults: [Fault] = []
        if case .refuse(let refusals) = PodInjector.decide(pod, context) {
            faults = refusals.map { refusal in
                // The cluster may have what the files have not.
                let isUnknown = refusal.code == .unknownPolicy
                // A code of injection's is one of validation's too; a test holds them together.
                return Fault(
                    FaultCode(rawValue: refusal.code.rawValue) ?? .invalidField,
                    severity: isUnknown ? .warning : nil, object: title, field: path + refusal.field,
                    found: isUnknown ? "\(refusal.problem) among these files" : refusal.problem,
                    wanted: isUnknown ? "a TLSPolicy that exists" : "what podmint can do",
                    fix: "\(refusal.fix)\(refusal.fix.hasSuffix("?") ? "" : ".")")
            }
        }
        guard
            PodInjector.concerns(pod) || labels.selectsByPolicy || !verdict.faults.isEmpty
                || !verdict.mild.isEmpty
        else {
            return nil
        }
        // An error under `Warn` is still an error by its kind.
        self.faults = faults + verdict.faults + verdict.mild.map(\.asWarning)
        notes = verdict.notes
    }
}
