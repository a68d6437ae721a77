// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Injection
internal import Issuance
internal import KubernetesAPI
internal import Policies

/// What injection knows besides the pod, while serving: trust and podmint's own addresses change, the rest stands.
/// Asked for each pod, so what it looks up it finds by name: its cost must not grow with the cluster.
struct StandingInjection: Sendable {
    private let standing: InjectionContext
    private let anchors: ServingAnchors
    private let services: ServiceCache
    private let namespace: String

    init(
        _ configuration: ServeConfiguration, _ anchors: ServingAnchors, _ services: ServiceCache,
        _ certificates: UserCertificateWatch, _ policies: PolicyCatalog
    ) {
        standing = InjectionContext(
            agentImage: configuration.agentImage, server: configuration.agentAdvertise.text,
            meshContainers: InjectionContext.knownMeshContainers.union(configuration.meshContainers),
            policies: policies,
            userSecret: { name, namespace in certificates.secret(name, in: namespace).asNamedByPolicy })
        self.anchors = anchors
        self.services = services
        namespace = configuration.namespace
    }

    @Sendable func context() -> InjectionContext {
        var context = standing
        context.trust = anchors.pem
        context.serverAddresses = services.service("podmint", in: namespace)?.clusterAddresses ?? []
        return context
    }
}
