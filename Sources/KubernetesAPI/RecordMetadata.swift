// SPDX-License-Identifier: Apache-2.0
package import JSON

/// What every record keeps of an object's metadata. Annotations are left out on purpose: they can change at any
/// time, so nothing here may be decided by them.
package struct RecordMetadata: Hashable, Sendable {
    package var name: String
    /// Empty for what is cluster-scoped.
    package var namespace: String
    package var uid: String
    package var resourceVersion: String
    package var labels: [String: String]
    /// `deletionTimestamp` is set: it is on its way out and gets nothing new.
    package var isBeingDeleted: Bool

    package init(
        name: String, namespace: String, uid: String = "", resourceVersion: String = "",
        labels: [String: String] = [:], isBeingDeleted: Bool = false
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.labels = labels
        self.isBeingDeleted = isBeingDeleted
    }

    /// From the whole object. Refuses one without a name or a UID: an API server stores none such.
    package init(of object: JSONView, kind: StaticString) throws(RecordError) {
        guard let metadata = object["metadata"] else { throw RecordError(kind: kind, field: "metadata") }
        guard let name = metadata["name"]?.string, !name.isEmpty else {
            throw RecordError(kind: kind, field: "metadata.name")
        }
        guard let uid = metadata["uid"]?.string, !uid.isEmpty else {
            throw RecordError(kind: kind, field: "metadata.uid")
        }
        self.name = name
        self.uid = uid
        namespace = metadata["namespace"]?.string ?? ""
        resourceVersion = metadata["resourceVersion"]?.string ?? ""
        labels = metadata["labels"].map(Self.strings) ?? [:]
        isBeingDeleted = metadata["deletionTimestamp"]?.string != nil
    }

    /// A map of strings; members that are none are left out.
    static func strings(_ view: JSONView) -> [String: String] {
        var strings: [String: String] = [:]
        for (key, value) in view.members {
            if let text = value.string { strings[key] = text }
        }
        return strings
    }
}

/// An object that an API server sent lacks what every object of its kind has.
package struct RecordError: Error, CustomStringConvertible {
    package let kind: StaticString
    package let field: StaticString

    package init(kind: StaticString, field: StaticString) {
        self.kind = kind
        self.field = field
    }

    package var description: String { "\(kind) without a usable \(field)" }
}
