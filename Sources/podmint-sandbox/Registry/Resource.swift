// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One resource of one group and version, as discovery describes it.
struct Resource: Hashable, Sendable {
    let group: String
    let version: String
    let plural: String
    let kind: String
    var singular: String
    var isNamespaced = true
    var shortNames: [String] = []
    var categories: [String] = []
    /// Reviews and the like can only be created; nothing of them is kept.
    var isCreateOnly = false
    var subresources: [String] = []
    /// Of a CustomResourceDefinition: what its objects must look like. Nil for built-in kinds.
    var schema: SchemaNode?
    /// No built-in merge keys, no built-in rules.
    var isCustom: Bool { schema != nil }

    init(
        _ group: String, _ version: String, _ plural: String, _ kind: String, namespaced: Bool = true,
        shortNames: [String] = [], categories: [String] = [], subresources: [String] = [],
        createOnly: Bool = false,
        singular: String? = nil, schema: SchemaNode? = nil
    ) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
        self.singular = singular ?? kind.lowercased()
        self.isNamespaced = namespaced
        self.shortNames = shortNames
        self.categories = categories
        self.subresources = subresources
        self.isCreateOnly = createOnly
        self.schema = schema
    }

    var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    var groupResource: String { group.isEmpty ? plural : "\(plural).\(group)" }
    /// All versions of a resource, and both event groups, share one shelf.
    var shelf: String { group == "events.k8s.io" ? "/events" : "\(group)/\(plural)" }
    /// A PUT of one that does not exist creates it (`AllowCreateOnUpdate`).
    var isMadeByUpdate: Bool { group == "coordination.k8s.io" }
    /// An update must say which version it changes (no `AllowUnconditionalUpdate`).
    var needsVersion: Bool { isMadeByUpdate || isCustom }
    var verbs: [String] {
        isCreateOnly
            ? ["create"]
            : ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
    }

    func details(_ name: String) -> JSONObject {
        var details = JSONObject()
        if !name.isEmpty { details["name"] = .string(name) }
        if !group.isEmpty { details["group"] = .string(group) }
        details["kind"] = .string(plural)
        return details
    }
}
