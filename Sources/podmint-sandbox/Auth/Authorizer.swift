// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// RBAC over the stored roles and bindings: allowed when one rule of one bound role says so, else not.
struct Authorizer {
    let store: Store

    func allows(_ identity: Identity, _ request: AccessRequest) -> Bool {
        identity.isAllPowerful || reason(identity, request) != nil
    }

    /// Which binding allows it, in the words of an access review.
    func reason(_ identity: Identity, _ request: AccessRequest) -> String? {
        for binding in store.list(.clusterRoleBindings) where binds(binding, identity) {
            let name = binding.text("roleRef", "name") ?? ""
            if let role = store.object(.clusterRoles, "", name), grants(role, request) {
                return "RBAC: allowed by ClusterRoleBinding \"\(binding.name)\" of ClusterRole \"\(name)\""
            }
        }
        guard !request.namespace.isEmpty else { return nil }
        for binding in store.list(.roleBindings, namespace: request.namespace) where binds(binding, identity)
        {
            let name = binding.text("roleRef", "name") ?? ""
            let kind = binding.text("roleRef", "kind") ?? "Role"
            let role =
                kind == "ClusterRole"
                ? store.object(.clusterRoles, "", name) : store.object(.roles, request.namespace, name)
            if let role, grants(role, request) {
                return
                    "RBAC: allowed by RoleBinding \"\(binding.name)/\(request.namespace)\" of \(kind) \"\(name)\""
            }
        }
        return nil
    }

    private func binds(_ binding: JSONValue, _ identity: Identity) -> Bool {
        binding.list("subjects").contains { subject in
            let name = subject.text("name") ?? ""
            return switch subject.text("kind") {
            case "User": name == identity.username
            case "Group": identity.groups.contains(name)
            default:
                identity.username
                    == "system:serviceaccount:\(subject.text("namespace") ?? binding.namespace):\(name)"
            }
        }
    }

    private func grants(_ role: JSONValue, _ request: AccessRequest) -> Bool {
        role.list("rules").contains { Self.matches($0, request) }
    }

    static func matches(_ rule: JSONValue, _ request: AccessRequest) -> Bool {
        func has(_ field: String, _ wanted: String) -> Bool {
            rule.list(field).contains { $0.string == "*" || $0.string == wanted }
        }
        guard has("verbs", request.verb) else { return false }
        if let path = request.path {
            return rule.list("nonResourceURLs").compactMap(\.string).contains { pattern in
                pattern == "*" || pattern == path
                    || (pattern.last == "*" && path.hasPrefix(pattern.dropLast()))
            }
        }
        let resources = rule.list("resources").compactMap(\.string)
        let names = rule.list("resourceNames").compactMap(\.string)
        return has("apiGroups", request.group)
            && (resources.contains("*") || resources.contains(request.qualifiedResource)
                || (!request.subresource.isEmpty && resources.contains("*/\(request.subresource)")))
            && (names.isEmpty || names.contains(request.name))
    }
}
