// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Policies
internal import Validation

/// How a policy stands whose Secret holds a certificate: pods mount it, so there is nothing to sign, and it is as good as
/// admission would find it.
enum MountedCertificate {
    /// `report` is what admission says of the Secret and its users now; nil where it has nothing to say.
    static func finding(
        _ secret: String, _ knowledge: SecretKnowledge, _ report: FaultReport?, by policy: TLSPolicy
    ) -> Finding {
        if case .absent = knowledge {
            return Finding(
                standing: .no, reason: "NotMounted",
                message:
                    "Secret \"\(secret)\" holds a certificate (tls.crt) and is not of type kubernetes.io/tls, so no pod mounts it; make it with kubectl create secret tls"
            )
        }
        guard policy.validation != .off, let report, let first = report.errors.first else {
            return Finding(
                standing: .yes, reason: "UserCertificate",
                message: "pods mount the certificate in Secret \"\(secret)\"")
        }
        return Finding(
            standing: .no, reason: first.code.rawValue, message: FaultReport(report.errors).lastingText)
    }
}
