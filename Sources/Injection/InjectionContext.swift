// SPDX-License-Identifier: Apache-2.0
package import Policies
package import SigningProtocol

/// What injection needs to know besides the pod: decided at start or read from caches, never asked of the API.
package struct InjectionContext: Sendable {
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
    /// Whether pods that ask for nothing may be selected by policies: the namespace is labelled `policies`.
    package var selectsByLabel = false
    package var policies: PolicyCatalog
    /// What is known of a Secret that a policy names: its name, its namespace.
    package var userSecret: @Sendable (_ name: String, _ namespace: String) -> UserSecret

    package init(
        agentImage: String, server: String, serverAddresses: [String] = [], trust: String = "",
        meshContainers: Set<String> = Self.knownMeshContainers, namespace: String = "",
        enforcesRestricted: Bool = false, policies: PolicyCatalog = .empty,
        userSecret: @escaping @Sendable (_ name: String, _ namespace: String) -> UserSecret = { _, _ in
            .notReadable
        }
    ) {
        self.agentImage = agentImage
        self.server = server
        self.serverAddresses = serverAddresses
        self.trust = trust
        self.meshContainers = meshContainers
        self.namespace = namespace
        self.enforcesRestricted = enforcesRestricted
        self.policies = policies
        self.userSecret = userSecret
    }

    package static let knownMeshContainers: Set<String> = [
        "istio-init", "istio-validation", "istio-proxy", "linkerd-init", "linkerd-network-validator",
        "linkerd-proxy",
    ]
}

/// What a Secret is that a policy names in `tls.certificate.secretName`.
package enum UserSecret: Sendable {
    /// `tls.crt` and `tls.key`: mounted.
    case certificate
    /// `ca.crt` and `ca.key`: signed with. Also what does not exist yet: issuance waits for it.
    case authority
    /// podmint may not read Secrets of that namespace.
    case notReadable
    case notYetRead
}

extension PolicyCatalog {
    /// Of a cluster without policies.
    package static let empty: PolicyCatalog = {
        let catalog = PolicyCatalog()
        catalog.markSynced()
        return catalog
    }()
}

/// Names that injection puts into pods.
package enum InjectedName {
    package static let agent = "podmint-agent"
    package static let tokenVolume = "podmint-token"
    /// No policy's: their names begin with no hyphen.
    package static let inputsVolume = "podmint--inputs"
    /// For programs that want a policy's volume.
    package static func certificateVolume(of policy: PolicyName) -> String { "podmint-" + policy.text }
    /// Nil for a volume that is no policy's.
    package static func policy(ofVolume name: String) -> PolicyName? {
        name.hasPrefix("podmint-") ? PolicyName(parsing: String(name.dropFirst("podmint-".count))) : nil
    }
    /// The ConfigMap that podmint keeps in opted-in namespaces.
    package static let trustConfigMap = "podmint-root"
}
