// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The service account and exactly the rights that `serve` uses.
///
/// No Secret can be read outside podmint's own namespace: admission brings the content of those it judges. Where an
/// admin wants what needs more, ClusterRole `podmint-namespace` is bound in that namespace (`NamespaceRights`).
struct Rights {
    let options: InstallOptions

    var objects: [JSONValue] {
        [serviceAccount, clusterRole, clusterRoleBinding, role, roleBinding]
            + NamespaceRights(options: options).objects
    }

    private var serviceAccount: JSONValue {
        ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(namespaced: true)]
    }

    private var clusterRole: JSONValue {
        [
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": metadata(namespaced: false),
            "rules": [
                // Which namespaces opted in, and which Services select a pod: kept in memory by watches.
                rule([""], ["namespaces", "services"], ["list", "watch"]),
                // Who uses which Secret, and who missed injection: the pods of namespaces that opted in.
                rule([""], ["pods"], ["list", "watch"]),
                // Where an admin let podmint read Secrets (ClusterRole podmint-namespace).
                rule(
                    ["rbac.authorization.k8s.io"], ["rolebindings"], ["list", "watch"],
                    names: [UserCertificateWatch.grantName]),
                // A pod is read live, once for each issuance; so is a namespace that opted in a moment ago.
                rule([""], ["pods", "namespaces"], ["get"]),
                rule(["authentication.k8s.io"], ["tokenreviews"], ["create"]),
                // The trust anchor that agents read, in the namespaces that opted in. It is applied, never posted: only so
                // can the right to create be held to one name.
                rule([""], ["configmaps"], ["list", "watch", "create", "patch"], names: ["podmint-root"]),
                // Why a pod got no certificate, at the pod and its owner. Events are never changed, only made.
                rule([""], ["events"], ["create"]),
                // podmint's own kinds.
                rule(["podmint.dev"], ["tlspolicies", "clusterauthorities"], ["list", "watch"]),
                // The caBundle of podmint's own webhooks.
                rule(
                    ["admissionregistration.k8s.io"],
                    ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
                    ["list", "watch", "patch"], names: ["podmint"]),
            ],
        ]
    }

    private var clusterRoleBinding: JSONValue {
        [
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": metadata(namespaced: false),
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "podmint"],
            "subjects": options.subjects,
        ]
    }

    private var role: JSONValue {
        [
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": metadata(namespaced: true),
            "rules": [
                rule([""], ["secrets"], ["create"]),
                rule([""], ["secrets"], ["get"], names: ["podmint-ca-default", "podmint-serving"]),
                // Which of the replicas does what only one may do.
                rule(["coordination.k8s.io"], ["leases"], ["create"]),
                rule(["coordination.k8s.io"], ["leases"], ["get", "update"], names: ["podmint"]),
            ],
        ]
    }

    private var roleBinding: JSONValue {
        [
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": metadata(namespaced: true),
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "podmint"],
            "subjects": options.subjects,
        ]
    }

    private func metadata(namespaced: Bool) -> JSONValue {
        let labels = JSONValue.labels(options.labels(component: "rights"))
        guard namespaced else { return ["name": "podmint", "labels": labels] }
        return ["name": "podmint", "namespace": .string(options.namespace), "labels": labels]
    }

    private func rule(
        _ groups: [String], _ resources: [String], _ verbs: [String], names: [String] = []
    ) -> JSONValue {
        .rule(groups, resources, verbs, names: names)
    }
}

extension InstallOptions {
    /// Whom podmint's roles are bound to.
    var subjects: JSONValue {
        [["kind": "ServiceAccount", "name": "podmint", "namespace": .string(namespace)]]
    }
}

extension JSONValue {
    /// One rule of RBAC; without names it holds for all objects.
    static func rule(
        _ groups: [String], _ resources: [String], _ verbs: [String], names: [String] = []
    ) -> JSONValue {
        var rule: JSONObject = ["apiGroups": .strings(groups), "resources": .strings(resources)]
        if !names.isEmpty { rule["resourceNames"] = .strings(names) }
        rule["verbs"] = .strings(verbs)
        return .object(rule)
    }
}
