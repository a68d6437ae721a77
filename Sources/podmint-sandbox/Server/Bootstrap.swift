// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What is there before anybody asks: namespaces, the node, the roles every cluster has.
struct Bootstrap {
    let cluster: Cluster

    func run() {
        for name in ["default", "kube-system", "kube-public", "kube-node-lease"] { namespace(name) }
        if cluster.hasKubelet { node() }
        for role in Self.roles { make(.clusterRoles, role.name, ["rules": role.rules]) }
        for binding in Self.bindings {
            make(
                .clusterRoleBindings, binding.role,
                [
                    "roleRef": [
                        "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                        "name": .string(binding.role),
                    ],
                    "subjects": .array(
                        binding.groups.map {
                            ["kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": .string($0)]
                        }),
                ])
        }
        make(
            .services, "kubernetes",
            [
                "spec": [
                    "type": "ClusterIP", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"],
                    "ports": [["name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443]],
                ]
            ], namespace: "default")
    }

    /// A namespace with what the controllers give each at once: its default account and the CA's ConfigMap.
    func namespace(_ name: String) {
        make(
            .namespaces, name,
            ["spec": ["finalizers": ["kubernetes"]], "status": ["phase": "Active"]],
            labels: ["kubernetes.io/metadata.name": .string(name)])
        furnish(namespace: name)
    }

    func furnish(namespace name: String) {
        account("default", in: name)
        make(
            .configMaps, "kube-root-ca.crt", ["data": ["ca.crt": .string(cluster.authority)]], namespace: name
        )
    }

    func account(_ name: String, in namespace: String) {
        make(.serviceAccounts, name, [:], namespace: namespace)
    }

    private func node() {
        make(
            .nodes, Cluster.nodeName,
            [
                "spec": [:],
                "status": [
                    "addresses": [
                        ["type": "InternalIP", "address": "127.0.0.1"],
                        ["type": "Hostname", "address": .string(Cluster.nodeName)],
                    ],
                    "capacity": ["cpu": "8", "memory": "16Gi", "pods": "110"],
                    "allocatable": ["cpu": "8", "memory": "16Gi", "pods": "110"],
                    "conditions": [
                        [
                            "type": "Ready", "status": "True", "reason": "KubeletReady",
                            "lastHeartbeatTime": .string(cluster.surroundings.now),
                            "lastTransitionTime": .string(cluster.surroundings.now),
                        ]
                    ],
                    "nodeInfo": [
                        "kubeletVersion": "v1.34.0-sandbox", "osImage": "podmint-sandbox",
                        "architecture": "amd64",
                        "operatingSystem": "linux", "containerRuntimeVersion": "sandbox://1",
                    ],
                ],
            ],
            labels: [
                "kubernetes.io/hostname": .string(Cluster.nodeName), "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
            ])
    }

    private func make(
        _ resource: Resource, _ name: String, _ rest: JSONObject, namespace: String = "",
        labels: JSONObject = JSONObject()
    ) {
        var object: JSONValue = [
            "kind": .string(resource.kind), "apiVersion": .string(resource.apiVersion),
            "metadata": ["name": .string(name)],
        ]
        if !namespace.isEmpty { object.put(.string(namespace), "metadata", "namespace") }
        if !labels.isEmpty { object.put(.object(labels), "metadata", "labels") }
        object.put(.string(cluster.surroundings.uuid()), "metadata", "uid")
        object.put(.string(cluster.surroundings.now), "metadata", "creationTimestamp")
        for (key, value) in rest { object.put(value, key) }
        _ = try? cluster.store.create(resource, object)
    }

    private static let everything: JSONValue = [
        ["apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]], ["nonResourceURLs": ["*"], "verbs": ["*"]],
    ]
    private static let roles: [(name: String, rules: JSONValue)] = [
        ("cluster-admin", everything),
        ("admin", [["apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]]]),
        ("edit", [["apiGroups": ["", "apps", "batch"], "resources": ["*"], "verbs": ["*"]]]),
        (
            "view",
            [
                [
                    "apiGroups": ["", "apps", "batch"],
                    "resources": [
                        "pods", "services", "configmaps", "deployments", "replicasets", "jobs", "events",
                    ],
                    "verbs": ["get", "list", "watch"],
                ]
            ]
        ),
        (
            "system:discovery",
            [
                [
                    "nonResourceURLs": [
                        "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*",
                        "/readyz",
                        "/version", "/version/",
                    ],
                    "verbs": ["get"],
                ]
            ]
        ),
        (
            "system:basic-user",
            [
                [
                    "apiGroups": ["authorization.k8s.io"],
                    "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], "verbs": ["create"],
                ],
                [
                    "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"],
                    "verbs": ["create"],
                ],
            ]
        ),
        (
            "system:public-info-viewer",
            [
                [
                    "nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"],
                    "verbs": ["get"],
                ]
            ]
        ),
        (
            "system:auth-delegator",
            [
                ["apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]],
                [
                    "apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"],
                    "verbs": ["create"],
                ],
            ]
        ),
    ]
    private static let bindings: [(role: String, groups: [String])] = [
        ("cluster-admin", ["system:masters"]), ("system:discovery", ["system:authenticated"]),
        ("system:basic-user", ["system:authenticated"]),
        ("system:public-info-viewer", ["system:authenticated", "system:unauthenticated"]),
    ]
}
