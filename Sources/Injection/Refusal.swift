// SPDX-License-Identifier: Apache-2.0

/// One reason why a pod cannot have what it asks for: where, what was found and wanted, and how to mend it.
package struct Refusal: Hashable, Sendable {
    package enum Code: String, CaseIterable, Sendable {
        case unknownAnnotation = "UnknownAnnotation"
        case invalidAnnotation = "InvalidAnnotation"
        case unknownContainer = "UnknownContainer"
        case notInThisVersion = "NotInThisVersion"
        /// A container or volume of somebody else's has a name of podmint's.
        case nameTaken = "NameTaken"
        case mountConflict = "MountConflict"
        case rootOwner = "RootOwner"
        case namespaceMismatch = "NamespaceMismatch"
        case unknownPolicy = "UnknownPolicy"
        case unusablePolicy = "UnusablePolicy"
        case tooManyPolicies = "TooManyPolicies"
        /// podmint's caches are not filled yet; the same again will be answered in a moment.
        case notYetSynced = "NotYetSynced"

        /// A slip in an annotation has a default to fall back to, so it must not stop a controller from bringing back
        /// an old version of a workload. What podmint cannot do at all has none.
        package var hasFallback: Bool {
            switch self {
            case .unknownAnnotation, .invalidAnnotation, .unknownContainer: true
            default: false
            }
        }
    }

    package let code: Code
    /// A path in the pod, `metadata.annotations[podmint.dev/mode]`.
    package let field: String
    /// What was found and what was wanted; a sentence without its full stop.
    package let problem: String
    /// What to write instead; a sentence without its full stop, or a question.
    package let fix: String

    package var text: String { "\(problem). \(fix)\(fix.hasSuffix("?") ? "" : ".") [\(code.rawValue)]" }

    /// The same of a pod that is the template at this path.
    package func moved(under path: String) -> Refusal {
        Refusal(code: code, field: "\(path).\(field)", problem: problem, fix: fix)
    }

    /// For pods of controllers, where a default stands in.
    package var warning: String { "\(problem); ignored. \(fix)" }

    /// A value that is no such value.
    static func invalid(_ name: AnnotationName, _ value: some StringProtocol, wanted: String, fix: String)
        -> Refusal
    {
        Refusal(
            code: .invalidAnnotation, field: AnnotationName.field(name.rawValue),
            problem: "\(name.key) is \"\(value.prefix(64))\"; wanted \(wanted)", fix: fix)
    }
}
