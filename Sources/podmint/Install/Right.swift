// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One rule of a role: what it renders to, and what to ask the API server to learn whether it is granted. Roles and
/// questions come from the same value, so that they cannot drift apart.
struct Right: Sendable {
    let groups: [String]
    /// Plural, `pods/status` for what stands beneath.
    let resources: [String]
    let verbs: [String]
    var names: [String] = []
    /// What goes wrong without it.
    let without: String
    /// Without it nothing works at all.
    var isVital = false

    init(
        _ groups: [String], _ resources: [String], _ verbs: [String], names: [String] = [], without: String,
        isVital: Bool = false
    ) {
        self.groups = groups
        self.resources = resources
        self.verbs = verbs
        self.names = names
        self.without = without
        self.isVital = isVital
    }

    var rule: JSONValue { .rule(groups, resources, verbs, names: names) }

    /// Each single deed of it; nil: in all namespaces, or of what has none.
    func deeds(in namespace: String?) -> [Deed] {
        groups.flatMap { group in
            resources.flatMap { resource in
                (names.isEmpty ? [""] : names).flatMap { name in
                    verbs.map { verb in
                        Deed(verb: verb, group: group, resource: resource, name: name, namespace: namespace)
                    }
                }
            }
        }
    }

    /// What RBAC allows or does not.
    struct Deed: Hashable, Sendable, CustomStringConvertible {
        let verb: String
        let group: String
        let resource: String
        let name: String
        let namespace: String?

        /// A SelfSubjectAccessReview of `authorization.k8s.io/v1`.
        var review: JSONValue {
            let parts = resource.split(separator: "/", maxSplits: 1).map(String.init)
            var attributes: JSONValue = [
                "verb": .string(verb), "group": .string(group), "resource": .string(parts[0]),
            ]
            if parts.count > 1 { attributes["subresource"] = .string(parts[1]) }
            if !name.isEmpty { attributes["name"] = .string(name) }
            if let namespace { attributes["namespace"] = .string(namespace) }
            return [
                "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                "spec": ["resourceAttributes": attributes],
            ]
        }

        private var object: String {
            (group.isEmpty ? resource : "\(resource).\(group)") + (name.isEmpty ? "" : "/\(name)")
        }

        /// As `kubectl auth can-i` takes it.
        var description: String {
            "\(verb) \(object)" + (namespace.map { " -n \($0)" } ?? " --all-namespaces")
        }
    }
}
