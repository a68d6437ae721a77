// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Rights for people and their deployers, none of them podmint's: ClusterRoles that the API server adds to its own `view`,
/// `edit` and `admin`, so that who may write Deployments in a namespace may write the TLSPolicies for their pods too.
///
/// A RoleBinding gives nothing cluster-scoped: ClusterAuthorities are readable where `podmint-view` is bound in the whole
/// cluster, and are for admins to write.
struct TenantRoles {
    let options: InstallOptions

    var objects: [JSONValue] {
        [
            role(
                "podmint-view", into: ["view", "edit", "admin"],
                [
                    .rule(
                        ["podmint.dev"], ["tlspolicies", "clusterauthorities"], ["get", "list", "watch"])
                ]),
            role(
                "podmint-edit", into: ["edit", "admin"],
                [
                    .rule(
                        ["podmint.dev"], ["tlspolicies"],
                        ["create", "update", "patch", "delete", "deletecollection"])
                ]),
        ]
    }

    private func role(_ name: String, into roles: [String], _ rules: [JSONValue]) -> JSONValue {
        let aggregated = roles.map { ("rbac.authorization.k8s.io/aggregate-to-\($0)", "true") }
        return [
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": [
                "name": .string(name), "labels": .labels(options.labels(component: "rights") + aggregated),
            ],
            "rules": .array(rules),
        ]
    }
}
