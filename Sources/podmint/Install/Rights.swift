// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The service account and exactly the rights that `serve` uses.
///
/// No Secret can be read outside podmint's own namespace: admission brings the content of those it judges. Where an
/// admin wants what needs more, ClusterRole `podmint-namespace` is bound in that namespace (`NamespaceRights`).
struct Rights {
    let options: InstallOptions

    /// Of the ClusterRole.
    static let everywhere = [
        // Which namespaces opted in, and which Services select a pod: kept in memory by watches.
        Right(
            [""], ["namespaces", "services"], ["list", "watch"], without: "podmint never gets ready",
            isVital: true),
        // Who uses which Secret, and who missed injection: the pods of namespaces that opted in.
        Right(
            [""], ["pods"], ["list", "watch"],
            without: "nobody looks at who uses a Secret before it changes"),
        // Where an admin let podmint read Secrets (ClusterRole podmint-namespace).
        Right(
            ["rbac.authorization.k8s.io"], ["rolebindings"], ["list", "watch"],
            names: [UserCertificateWatch.grantName],
            without: "podmint does not see where it may read Secrets"),
        // A pod is read live, once for each issuance; so is a namespace that opted in a moment ago.
        Right([""], ["pods", "namespaces"], ["get"], without: "no certificate is issued", isVital: true),
        Right(
            ["authentication.k8s.io"], ["tokenreviews"], ["create"], without: "no certificate is issued",
            isVital: true),
        // The trust anchor that agents read, in the namespaces that opted in. It is applied, never posted: only so
        // can the right to create be held to one name.
        Right(
            [""], ["configmaps"], ["list", "watch", "create", "patch"], names: ["podmint-root"],
            without: "ConfigMap podmint-root is not kept current"),
        // What policies want trusted besides (tls.certificateAuthorities).
        Right(
            [""], ["configmaps"], ["get"],
            without: "bundles lack what policies want trusted besides (tls.certificateAuthorities)"),
        // Why a pod got no certificate, at the pod and its owner. Events are never changed, only made.
        Right([""], ["events"], ["create"], without: "refusals show in the log and not as Events"),
        // podmint's own kinds.
        Right(
            ["podmint.dev"], ["tlspolicies", "clusterauthorities"], ["list", "watch"],
            without: "TLSPolicies and ClusterAuthorities are not followed"),
        Right(
            ["podmint.dev"], ["tlspolicies/status", "clusterauthorities/status"], ["patch"],
            without: "policies have no status"),
        // The caBundle of podmint's own webhooks.
        Right(
            ["admissionregistration.k8s.io"],
            ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
            ["list", "watch", "patch"], names: ["podmint"],
            without: "the API server does not trust podmint's webhooks"),
    ]

    /// Of the Role in podmint's own namespace.
    static let atHome = [
        Right([""], ["secrets"], ["create"], without: "podmint cannot make its authorities"),
        // The authority of a policy is podmint-ca-<namespace>.<policy>: no list can name them all.
        Right(
            [""], ["secrets"], ["get"], without: "podmint cannot read its authorities", isVital: true),
        // Which namespace an authority is of that was made before there were such marks; and the leader moves a rotation on.
        Right(
            [""], ["secrets"], ["patch"],
            without:
                "the serving CA is not rotated, and authorities are not marked with their namespace"),
        // keyStorage Memory: replicas make the certificates of their CAs known to each other.
        Right(
            [""], ["configmaps"], ["get", "create", "patch"],
            without: "authorities with keyStorage Memory do not sign"),
        // Rotation: every replica follows it.
        Right(
            [""], ["secrets"], ["list", "watch"], names: ["podmint-serving"],
            without: "the serving CA is not rotated"),
        // Which of the replicas does what only one may do.
        Right(["coordination.k8s.io"], ["leases"], ["create"], without: "no replica leads"),
        Right(
            ["coordination.k8s.io"], ["leases"], ["get", "update"], names: ["podmint"],
            without: "no replica leads"),
    ]

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
            "rules": .array(Self.everywhere.map(\.rule)),
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
            "rules": .array(Self.atHome.map(\.rule)),
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
