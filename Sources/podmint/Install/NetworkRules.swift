// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The NetworkPolicy that closes each of podmint's listeners to whom it does not serve, and podmint's own way out to what
/// it needs: the API server and DNS.
///
/// A pod's own node always reaches it (Kubernetes' definition of a NetworkPolicy), so probes need no rule.
struct NetworkRules {
    let options: InstallOptions

    var objects: [JSONValue] { [policy] }

    private var policy: JSONValue {
        [
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": [
                "name": "podmint", "namespace": .string(options.namespace),
                "labels": .labels(options.labels(component: "network")),
            ],
            "spec": [
                "podSelector": ["matchLabels": .labels(Workload.selector)],
                "policyTypes": ["Ingress", "Egress"],
                "ingress": .array([webhook, agents] + health),
                "egress": [apiServer, dns],
            ],
        ]
    }

    // MARK: - In

    /// The API server is no pod that a label could name: by address, where the admin knows it.
    private var webhook: JSONValue {
        .object(peers("from", ofCIDRs: options.apiServerCIDRs, ports: [port("webhook")]))
    }

    /// Pods of the namespaces that opted in, and nodes where agents run in their network.
    private var agents: JSONValue {
        let optedIn: JSONValue = [
            "namespaceSelector": [
                "matchExpressions": [
                    [
                        "key": "podmint.dev/injection", "operator": "In",
                        "values": ["enabled", "policies", "audit"],
                    ]
                ]
            ]
        ]
        return [
            "from": .array([optedIn] + options.nodeCIDRs.map(Self.block)), "ports": [port("agents")],
        ]
    }

    /// Nobody but the own node, unless the admin says where the monitoring is.
    private var health: [JSONValue] {
        let namespaces = options.monitoringNamespaces.map { name -> JSONValue in
            ["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": .string(name)]]]
        }
        let peers = namespaces + options.nodeCIDRs.map(Self.block)
        return peers.isEmpty ? [] : [["from": .array(peers), "ports": [port("health")]]]
    }

    // MARK: - Out

    private var apiServer: JSONValue {
        let ports = options.apiServerPorts.map { number -> JSONValue in
            ["protocol": "TCP", "port": .integer(Int64(number))]
        }
        return .object(peers("to", ofCIDRs: options.apiServerCIDRs, ports: ports))
    }

    private var dns: JSONValue {
        ["ports": [["protocol": "UDP", "port": 53], ["protocol": "TCP", "port": 53]]]
    }

    // MARK: - Parts

    /// Without a CIDR anybody, which the API says by leaving the peers out.
    private func peers(_ side: String, ofCIDRs blocks: [String], ports: [JSONValue]) -> JSONObject {
        var rule = JSONObject()
        if !blocks.isEmpty { rule[side] = .array(blocks.map(Self.block)) }
        rule["ports"] = .array(ports)
        return rule
    }

    private func port(_ name: String) -> JSONValue { ["protocol": "TCP", "port": .string(name)] }

    private static func block(_ cidr: String) -> JSONValue { ["ipBlock": ["cidr": .string(cidr)]] }
}
