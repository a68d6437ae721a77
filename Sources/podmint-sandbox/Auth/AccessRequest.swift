// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What somebody wants to do: to a resource, or to a path that is none.
struct AccessRequest: Hashable, Sendable {
    var verb: String
    var group = ""
    var resource = ""
    var subresource = ""
    var namespace = ""
    var name = ""
    var path: String?

    var qualifiedResource: String { subresource.isEmpty ? resource : "\(resource)/\(subresource)" }

    init(verb: String, path: String) {
        self.verb = verb
        self.path = path
    }

    init(
        verb: String, group: String, resource: String, subresource: String = "", namespace: String = "",
        name: String = ""
    ) {
        self.verb = verb
        self.group = group
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
    }

    /// From the spec of an access review.
    init(_ spec: JSONValue) {
        if let attributes = spec.find("resourceAttributes") {
            self.init(
                verb: attributes.text("verb") ?? "", group: attributes.text("group") ?? "",
                resource: attributes.text("resource") ?? "",
                subresource: attributes.text("subresource") ?? "",
                namespace: attributes.text("namespace") ?? "", name: attributes.text("name") ?? "")
        } else {
            self.init(
                verb: spec.text("nonResourceAttributes", "verb") ?? "",
                path: spec.text("nonResourceAttributes", "path") ?? "")
        }
    }

    /// The API server's words for what was refused.
    func refusal(_ identity: Identity) -> String {
        if let path { return "User \"\(identity.username)\" cannot \(verb) path \"\(path)\"" }
        let scope = namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(namespace)\""
        return
            "User \"\(identity.username)\" cannot \(verb) resource \"\(qualifiedResource)\" in API group \"\(group)\" \(scope)"
    }
}
