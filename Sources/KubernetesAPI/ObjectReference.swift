// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One object of the cluster, as an Event points at it.
package struct ObjectReference: Hashable, Sendable {
    package let apiVersion: String
    package let kind: String
    /// Empty for what is cluster-scoped.
    package let namespace: String
    package let name: String
    /// Empty where it is not known; kubectl then still finds the Event by kind and name.
    package let uid: String

    package init(apiVersion: String, kind: String, namespace: String, name: String, uid: String = "") {
        self.apiVersion = apiVersion
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
    }

    package static func pod(_ name: String, in namespace: String, uid: String) -> ObjectReference {
        ObjectReference(apiVersion: "v1", kind: "Pod", namespace: namespace, name: name, uid: uid)
    }

    /// The owner marked as controller of an object in `namespace`. Whoever makes the object writes it: a hint for
    /// people, never an authority. Nil too for a node's static pods, whose owner is in no namespace.
    init?(controllerOf object: JSONView, in namespace: String) {
        guard let references = object.at("metadata", "ownerReferences") else { return nil }
        for owner in references.elements where owner["controller"]?.bool == true {
            guard let apiVersion = owner["apiVersion"]?.string.nonEmpty,
                let kind = owner["kind"]?.string.nonEmpty, kind != "Node",
                let name = owner["name"]?.string.nonEmpty
            else { return nil }
            self.init(
                apiVersion: apiVersion, kind: kind, namespace: namespace, name: name,
                uid: owner["uid"]?.string ?? "")
            return
        }
        return nil
    }
}
