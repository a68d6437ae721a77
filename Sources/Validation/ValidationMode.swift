// SPDX-License-Identifier: Apache-2.0
package import JSON
internal import KubernetesAPI

/// What happens with a Secret that has faults.
///
/// From the strictest to the mildest.
package enum ValidationMode: String, CaseIterable, Hashable, Sendable {
    case enforce = "Enforce"
    /// Faults become admission warnings.
    case warn = "Warn"
    case off = "Off"

    /// Capitals do not matter: labels are often written small.
    package init?(parsing text: String) {
        guard let mode = Self.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            return nil
        }
        self = mode
    }

    /// Of what several policies say of one Secret; nil where none says anything.
    package static func strictest(_ modes: some Sequence<ValidationMode>) -> ValidationMode? {
        let said = Set(modes)
        return allCases.first(where: said.contains)
    }

    /// Both an annotation of a Secret and a label of a namespace.
    package static let key = "podmint.dev/validation"
}

/// The mode for one Secret, and what the user should hear about how it came.
package struct ValidationModeDecision: Hashable, Sendable {
    package let mode: ValidationMode
    /// `Enforce`, but for a namespace in `audit`.
    package let isAudited: Bool
    /// A value that is none, with the right ones.
    package let warning: String?

    package init(secret: JSONView, policy: ValidationMode? = nil, namespaceLabels: [String: String]) {
        self.init(
            annotation: ObjectMeta(of: secret).annotation(ValidationMode.key),
            isControlled: SecretOwnership(secret).isControlled, policy: policy,
            namespaceLabels: namespaceLabels)
    }

    /// The Secret's annotation, else the policy's word, else the namespace's label, else `Enforce`; but `Warn` where a
    /// controller owns the Secret and its own annotation says nothing: a controller's renewal must not hang on us.
    /// Only `Off` goes further. Where the namespace is in `audit`, nothing is ever refused.
    package init(
        annotation: String?, isControlled: Bool, policy: ValidationMode? = nil,
        namespaceLabels: [String: String]
    ) {
        let isAudited = namespaceLabels["podmint.dev/injection"] == "audit"
        if let annotation, let mode = ValidationMode(parsing: annotation) {
            self.init(mode, isAudited: isAudited, warning: nil)
            return
        }
        let label = namespaceLabels[ValidationMode.key]
        var mode = policy ?? label.flatMap(ValidationMode.init(parsing:)) ?? .enforce
        if mode == .enforce, isControlled { mode = .warn }
        let wrong = annotation ?? label.flatMap { ValidationMode(parsing: $0) == nil ? $0 : nil }
        self.init(mode, isAudited: isAudited, warning: wrong.map(Self.warning))
    }

    private init(_ mode: ValidationMode, isAudited: Bool, warning: String?) {
        self.isAudited = isAudited && mode == .enforce
        self.mode = self.isAudited ? .warn : mode
        self.warning = warning
    }

    private static func warning(_ value: String) -> String {
        "\(ValidationMode.key): \"\(value.prefix(32))\" is not known; use Enforce, Warn or Off"
    }
}
