// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import KubernetesAPI
internal import Policies
internal import Validation

/// How a policy stands whose Secret holds a certificate: pods mount it, so there is nothing to sign, and it is as good as
/// admission would find it.
struct MountedCertificate {
    let secret: String
    let policy: TLSPolicy
    let facts: any CertificateFacts

    /// `report` is what admission says of the Secret and its users; nil where it has nothing to say. Nil while what it
    /// needs is not known: for good it would be taken for a moment, and told of.
    func finding(_ report: (CertificateSecret) -> FaultReport?) -> Finding? {
        switch facts.secret(secret, in: policy.metadata.namespace) {
        // It was read just now, so one that the watch does not have is on its way here, or has gone since.
        case .notYetRead, .absent: return nil
        case .notReadable: return good
        case .known(let known):
            guard knowsItsUse else { return nil }
            guard policy.validation != .off, let errors = report(known)?.errors, let first = errors.first
            else { return good }
            return Finding(
                standing: .no, reason: first.code.rawValue, message: FaultReport(errors).lastingText)
        }
    }

    private var good: Finding {
        Finding(
            standing: .yes, reason: "UserCertificate",
            message: "pods mount the certificate in Secret \"\(secret)\"")
    }

    private var knowsItsUse: Bool {
        let namespace = policy.metadata.namespace
        return facts.users(ofSecret: secret, in: namespace) != nil && facts.services(in: namespace) != nil
            && facts.policies(in: namespace) != nil
    }
}
