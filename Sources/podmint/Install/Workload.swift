// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The Deployment, its Service and its disruption budget, for a server that runs in the cluster.
struct Workload {
    let options: InstallOptions

    var objects: [JSONValue] { [service, disruptionBudget, deployment] }

    private static let selector: [(String, String)] = [
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
            "spec": ["maxUnavailable": 1, "selector": ["matchLabels": .labels(Self.selector)]],
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
            // The server keeps answering while endpoints forget it, then drains: both fit in here.
            "terminationGracePeriodSeconds": 45,
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
            "args": [
                "serve", "--agent-image", .string(options.agentImage),
                "--cluster-domain", .string(options.clusterDomain),
            ],
            "env": [
                [
                    "name": "PODMINT_NAMESPACE",
                    "valueFrom": ["fieldRef": ["fieldPath": "metadata.namespace"]],
                ]
            ],
            "ports": [
                ["name": "webhook", "containerPort": 8443, "protocol": "TCP"],
                ["name": "agents", "containerPort": 8444, "protocol": "TCP"],
                ["name": "health", "containerPort": 9090, "protocol": "TCP"],
            ],
            "readinessProbe": probe("/readyz", period: 2, failures: 3),
            "livenessProbe": probe("/livez", period: 10, failures: 6),
            "resources": [
                "requests": ["cpu": "100m", "memory": "64Mi"], "limits": ["memory": "256Mi"],
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
