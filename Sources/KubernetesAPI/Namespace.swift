// SPDX-License-Identifier: Apache-2.0
package import JSON

/// A namespace: its name, and the labels by which its admin opts in.
package struct Namespace: Sendable, Hashable {
    /// Label `podmint.dev/injection`.
    package enum OptIn: String, Sendable {
        case enabled
        case policies
        case audit
    }

    package static let injectionLabel = "podmint.dev/injection"

    package var metadata: RecordMetadata

    package init(metadata: RecordMetadata) { self.metadata = metadata }

    package init(_ object: JSONView) throws(RecordError) {
        metadata = try RecordMetadata(of: object, kind: "Namespace")
    }

    /// Nil: not opted in. An unknown value opts nobody in.
    package var optIn: OptIn? { metadata.labels[Self.injectionLabel].flatMap(OptIn.init(rawValue:)) }
}
