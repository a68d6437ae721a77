// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol

/// What differs between one installation and another.
struct InstallOptions {
    /// Where podmint lives; never opted in itself.
    var namespace = "podmint-system"
    var replicas = 2
    var image = "localhost/podmint:\(Version.current)"
    var agentImage = "localhost/podmint-agent:\(Version.current)"
    /// How the API server reaches a `serve` that runs outside the cluster; nil when it runs inside.
    var advertise: String?
    var clusterDomain = "cluster.local"
    /// What the webhooks installed trust; nil: the server writes it.
    var caBundle: CarriedBundle?
    /// Where podmint may read Secrets beside its own namespace.
    var allowedNamespaces: [String] = []
    /// Where the API server's connections come from and podmint's go to; empty: anywhere.
    var apiServerCIDRs: [String] = []
    /// 443 is the Service's, for networks that look before it is translated; 6443 what most API servers listen on.
    var apiServerPorts: [UInt16] = [443, 6443]
    /// Nodes whose own network may reach the agents' and the health port: pods with hostNetwork, remote kubelets.
    var nodeCIDRs: [String] = []
    /// Namespaces that may read metrics.
    var monitoringNamespaces: [String] = []

    /// Namespaces that can never match, whatever their labels say: a cluster must be able to heal without podmint.
    var excludedNamespaces: [String] { ["kube-system", "kube-public", "kube-node-lease", namespace] }

    /// Labels of every object, as Kubernetes recommends them.
    func labels(component: String) -> [(String, String)] {
        [
            ("app.kubernetes.io/name", "podmint"),
            ("app.kubernetes.io/instance", "podmint"),
            ("app.kubernetes.io/version", Version.current),
            ("app.kubernetes.io/component", component),
            ("app.kubernetes.io/part-of", "podmint"),
        ]
    }
}
