// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What every Kubernetes object has.
extension JSONValue {
    var name: String { text("metadata", "name") ?? "" }
    var namespace: String { text("metadata", "namespace") ?? "" }
    var uid: String { text("metadata", "uid") ?? "" }
    var kind: String { text("kind") ?? "" }
    var apiVersion: String { text("apiVersion") ?? "" }
    var labels: [String: String] { textMap("metadata", "labels") }
    var annotations: [String: String] { textMap("metadata", "annotations") }
    var resourceVersion: String { text("metadata", "resourceVersion") ?? "" }
    var finalizers: [String] { list("metadata", "finalizers").compactMap(\.string) }
    var isBeingDeleted: Bool { find("metadata", "deletionTimestamp") != nil }
    var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

    var ownerReferences: [JSONValue] { list("metadata", "ownerReferences") }
    var controllerReference: JSONValue? { ownerReferences.first { $0.flag("controller") } }

    /// The reference a controller puts into what it makes.
    func ownerReference() -> JSONValue {
        [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name),
            "uid": .string(uid),
            "controller": true, "blockOwnerDeletion": true,
        ]
    }

    func condition(_ type: String) -> JSONValue? {
        list("status", "conditions").first { $0.text("type") == type }
    }
}

/// Where an object lives within its resource; cluster-scoped objects have an empty namespace.
struct ObjectKey: Hashable, Sendable, Comparable {
    let namespace: String
    let name: String

    static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}
