// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What podmint may do in a namespace whose admin lets it (`manifests --allow-namespace`): read the Secrets there. A
/// TLSPolicy's own CA and the Secrets that templates name need it; all else works without.
///
/// The role is always there, so that an admin can bind it by hand too.
struct NamespaceRights {
    let options: InstallOptions

    static let name = "podmint-namespace"

    var objects: [JSONValue] { [role] + options.allowedNamespaces.map(binding) }

    private var role: JSONValue {
        [
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": ["name": .string(Self.name), "labels": .labels(options.labels(component: "rights"))],
            "rules": [.rule([""], ["secrets"], ["get", "list", "watch"])],
        ]
    }

    private func binding(in namespace: String) -> JSONValue {
        [
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": [
                "name": .string(Self.name), "namespace": .string(namespace),
                "labels": .labels(options.labels(component: "rights")),
            ],
            "roleRef": [
                "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(Self.name),
            ],
            "subjects": options.subjects,
        ]
    }
}
