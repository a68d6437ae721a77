// SPDX-License-Identifier: Apache-2.0

/// What injection needs to know besides the pod: decided at start or read from caches, never asked of the API.
package struct InjectionContext: Hashable, Sendable {
    package var agentImage: String
    /// `https://host:port` of the listener for agents.
    package var server: String
    /// The Service's addresses, for a resolver that finds no name.
    package var serverAddresses: [String]
    /// PEM of podmint's serving authorities.
    package var trust: String
    /// Init containers that make a pod's network; they come before the agent and get no certificate.
    package var meshContainers: Set<String>
    /// The pod's, as the request says.
    package var namespace: String
    /// Whether the namespace enforces Pod Security *restricted*; false also when nobody knows.
    package var enforcesRestricted: Bool

    package init(
        agentImage: String, server: String, serverAddresses: [String] = [], trust: String = "",
        meshContainers: Set<String> = Self.knownMeshContainers, namespace: String = "",
        enforcesRestricted: Bool = false
    ) {
        self.agentImage = agentImage
        self.server = server
        self.serverAddresses = serverAddresses
        self.trust = trust
        self.meshContainers = meshContainers
        self.namespace = namespace
        self.enforcesRestricted = enforcesRestricted
    }

    package static let knownMeshContainers: Set<String> = [
        "istio-init", "istio-validation", "istio-proxy", "linkerd-init", "linkerd-network-validator",
        "linkerd-proxy",
    ]
}

/// Names that injection puts into pods.
package enum InjectedName {
    package static let agent = "podmint-agent"
    package static let certificateVolume = "podmint-default"
    package static let tokenVolume = "podmint-token"
    /// The ConfigMap that podmint keeps in opted-in namespaces.
    package static let trustConfigMap = "podmint-root"
}
