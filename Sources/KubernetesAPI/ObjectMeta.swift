// SPDX-License-Identifier: Apache-2.0
package import JSON

/// The `metadata` of an object, read in place. What is absent or of a wrong type reads as absent.
package struct ObjectMeta {
    private let view: JSONView?

    package init(of object: JSONView) { view = object["metadata" as StaticString] }

    package var name: String? { text("name") }
    package var generateName: String? { text("generateName") }
    package var namespace: String? { text("namespace") }
    package var uid: String? { text("uid") }

    /// For messages: pods of controllers have no name yet when they are admitted, only the start of one.
    package var displayName: String { name ?? generateName.map { $0 + "…" } ?? "(without a name)" }

    package func label(_ key: String) -> String? { view?["labels" as StaticString]?[key]?.string }

    package func annotation(_ key: String) -> String? { view?["annotations" as StaticString]?[key]?.string }

    /// Whether `annotations` is an object, so that a member can be added to it.
    package var hasAnnotations: Bool { view?["annotations" as StaticString]?.isObject ?? false }

    package func hasAnnotation(prefixed prefix: StaticString) -> Bool {
        view?["annotations" as StaticString]?.hasMember(prefixed: prefix) ?? false
    }

    /// The annotations whose keys start so, without that start.
    package func annotations(prefixed prefix: StaticString) -> [(key: String, value: String)] {
        guard let annotations = view?["annotations" as StaticString] else { return [] }
        return annotations.members(prefixed: prefix).map { ($0, $1.string ?? $1.value.text) }
    }

    /// The owner marked as controller. Clients write it themselves: a hint, never an authority.
    package var controller: OwnerReference? {
        controllerReference.map { reference in
            OwnerReference(
                kind: reference["kind" as StaticString]?.string ?? "",
                name: reference["name" as StaticString]?.string ?? "")
        }
    }

    package var isControlled: Bool { controllerReference != nil }

    private var controllerReference: JSONView? {
        view?["ownerReferences" as StaticString]?.elements.first {
            $0["controller" as StaticString]?.bool == true
        }
    }

    package struct OwnerReference: Hashable, Sendable {
        package let kind, name: String
    }

    private func text(_ key: StaticString) -> String? {
        guard let text = view?[key]?.string, !text.isEmpty else { return nil }
        return text
    }
}
