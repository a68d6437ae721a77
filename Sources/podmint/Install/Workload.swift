// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The Deployment, its Service and its disruption budget, for a server that runs in the cluster.
struct Workload {
    let options: InstallOptions

    var objects: [JSONValue] { [service, disruptionBudget, deployment] }

    static let selector: [(String, String)] = [
        ("app.kubernetes.io/name", "podmint"), ("app.kubernetes.io/component", "server"),
    ]

    private var metadata: JSONValue {
        [
            "name": "podmint", "namespace": .string(options.namespace),
            "labels": .labels(options.labels(component: "server")),
        ]
    }

    private var service: JSONValue {
        [
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": [
                "selector": .labels(Self.selector),
                "ports": [
                    ["name": "webhook", "port": 443, "targetPort": "webhook", "protocol": "TCP"],
                    ["name": "agents", "port": 8444, "targetPort": "agents", "protocol": "TCP"],
                    ["name": "health", "port": 9090, "targetPort": "health", "protocol": "TCP"],
                ],
            ],
        ]
    }

    private var disruptionBudget: JSONValue {
        [
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": metadata,
            "spec": [
                "maxUnavailable": 1,
                // A server that does not get ready must not keep its node from being drained.
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
                "selector": ["matchLabels": .labels(Self.selector)],
            ],
        ]
    }

    private var deployment: JSONValue {
        [
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": [
                "replicas": .integer(Int64(options.replicas)),
                "selector": ["matchLabels": .labels(Self.selector)],
                "strategy": [
                    "type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 0, "maxSurge": 1],
                ],
                "template": [
                    "metadata": ["labels": .labels(options.labels(component: "server"))],
                    "spec": podSpec,
                ],
            ],
        ]
    }

    private var podSpec: JSONValue {
        [
            "serviceAccountName": "podmint",
            // On SIGTERM the server is not ready at once and keeps answering for --shutdown-delay (10 s) while endpoints
            // forget it; then what is under way gets 10 s. So no preStop hook: both fit in here twice.
            "terminationGracePeriodSeconds": 45,
            "nodeSelector": ["kubernetes.io/os": "linux"],
            "enableServiceLinks": false,
            "securityContext": ["runAsNonRoot": true, "seccompProfile": ["type": "RuntimeDefault"]],
            "affinity": [
                "podAntiAffinity": [
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        [
                            "weight": 100,
                            "podAffinityTerm": [
                                "topologyKey": "kubernetes.io/hostname",
                                "labelSelector": ["matchLabels": .labels(Self.selector)],
                            ],
                        ]
                    ]
                ]
            ],
            "containers": [container],
        ]
    }

    private var container: JSONValue {
        [
            "name": "podmint",
            "image": .string(options.image),
            "args": ["serve"],
            // Settings by name, so that an overlay can change one.
            "env": [
                ["name": "PODMINT_AGENT_IMAGE", "value": .string(options.agentImage)],
                ["name": "PODMINT_CLUSTER_DOMAIN", "value": .string(options.clusterDomain)],
                [
                    "name": "PODMINT_NAMESPACE",
                    "valueFrom": ["fieldRef": ["fieldPath": "metadata.namespace"]],
                ],
            ],
            "ports": [
                ["name": "webhook", "containerPort": 8443, "protocol": "TCP"],
                ["name": "agents", "containerPort": 8444, "protocol": "TCP"],
                ["name": "health", "containerPort": 9090, "protocol": "TCP"],
            ],
            "readinessProbe": probe("/readyz", period: 2, failures: 3),
            "livenessProbe": probe("/livez", period: 10, failures: 6),
            "resources": [
                // What peers can make it hold is less (ListenerLimits).
                "requests": ["cpu": "100m", "memory": "64Mi"], "limits": ["memory": "512Mi"],
            ],
            "securityContext": [
                "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true,
                "runAsUser": 65532,
                "runAsGroup": 65532,
                "capabilities": ["drop": ["ALL"]],
            ],
        ]
    }

    private func probe(_ path: String, period: Int64, failures: Int64) -> JSONValue {
        [
            "httpGet": ["path": .string(path), "port": "health"],
            "periodSeconds": .integer(period),
            "failureThreshold": .integer(failures),
        ]
    }
}
