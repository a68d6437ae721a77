// SPDX-License-Identifier: Apache-2.0
package import JSON

/// Which objects a list or watch is about.
package struct ObjectScope: Hashable, Sendable {
    package var namespace: String?
    package var labelSelector: String?
    package var fieldSelector: String?

    package init(namespace: String? = nil, labelSelector: String? = nil, fieldSelector: String? = nil) {
        self.namespace = namespace
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
    }

    /// One object by name.
    package static func named(_ name: String, in namespace: String? = nil) -> ObjectScope {
        ObjectScope(namespace: namespace, fieldSelector: "metadata.name=\(name)")
    }
}

/// An object's namespace and name; the namespace of a cluster-scoped object is empty.
package struct ObjectKey: Hashable, Sendable, CustomStringConvertible {
    package let namespace: String
    package let name: String

    package init(namespace: String = "", name: String) {
        self.namespace = namespace
        self.name = name
    }

    package init?(of object: JSONView) {
        guard let name = object.at("metadata", "name")?.string else { return nil }
        self.init(namespace: object.at("metadata", "namespace")?.string ?? "", name: name)
    }

    package var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
}
