// SPDX-License-Identifier: Apache-2.0
internal import JSON
package import KubernetesAPI
internal import Validation

/// `/validate/secrets`: whether a Secret with certificates may be stored as it is.
///
/// What cannot break anything always passes: deletion, subresources, Secrets of other kinds, and an update that leaves
/// certificates and keys as they were, be they expired by now.
package struct SecretReviewer: Sendable {
    private let clock: @Sendable () -> Timestamp

    package init(clock: @escaping @Sendable () -> Timestamp) { self.clock = clock }

    package func review(_ request: AdmissionRequest, _ labels: NamespaceLabels) -> AdmissionResponse {
        guard request.operation == .create || request.operation == .update, request.subResource.isEmpty,
            let secret = request.object, SecretMaterial.isInScope(secret)
        else { return .allow }
        if let old = request.oldObject, SecretContents.isUnchanged(secret, since: old) { return .allow }
        let decision = ValidationModeDecision(secret: secret, namespaceLabels: labels.all)
        guard decision.mode != .off else { return .allow }
        if SecretOwnership(secret).isControlled, SecretContents.isPlaceholder(secret) { return .allow }

        let material = SecretMaterial(of: secret, namespace: request.namespace)
        let report = SecretValidator.validate(material, at: clock())
        let ownWarning = decision.warning.map { [Self.cut($0)] } ?? []
        if decision.mode == .warn || report.isValid {
            return AdmissionResponse(.allow, warnings: ownWarning + report.faults.map(Self.warning))
        }
        // The message lists warnings too; said twice they would only hide the errors.
        return AdmissionResponse(.deny(Self.denial(report)), warnings: ownWarning)
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

    /// The code first, since the rest may be cut.
    private static func warning(_ fault: Fault) -> String {
        cut("\(fault.code.rawValue): \(fault.object) \(fault.field): \(fault.found)")
    }

    /// What clients show of a warning without folding it away.
    private static let longestWarning = 120

    private static func cut(_ text: String) -> String {
        text.count > longestWarning ? text.prefix(longestWarning - 1) + "…" : text
    }
}

extension NamespaceLabels {
    /// None while they are not known: then nothing but the Secret itself can soften the answer.
    fileprivate var all: [String: String] {
        if case .known(let labels) = self { labels } else { [:] }
    }
}
