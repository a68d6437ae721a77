// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import KubernetesAPI
internal import KubernetesClient
internal import Logging
internal import OpenSSL
internal import Telemetry

/// Opens the listener for agents, with all that stands between a request there and its certificate.
struct AgentListener {
    let configuration: ServeConfiguration
    let client: APIClient
    let events: EventRecorder
    let metrics: ServeMetrics
    let logger: Logger

    /// The queue is the caller's to run and to drain.
    func open(
        in listeners: Listeners, showing identity: TLSIdentity, _ issuance: IssuanceDesk,
        _ services: ServiceCache,
        _ namespaces: Informer<Namespace>
    ) throws -> IssuanceQueue {
        let api = LivePodAuthorityAPI(client: client, services: services, namespaces: namespaces)
        let audit = try AuditLog(sink: auditSink())
        let work = IssuanceWork(
            authorisation: Authorisation(
                api: api, authorities: issuance.authorities, cluster: configuration.names, keys: issuance.keys
            ),
            signer: LeafSigner(audit: audit, keys: issuance.keys), audit: audit, events: events,
            denials: issuance.denials, logger: logger)
        let queue = IssuanceQueue(metrics: metrics.queue, signing: work)
        let endpoint = CertificateEndpoint(
            api: api, queue: queue, authorities: issuance.authorities,
            currency: CurrencyCheck(
                api: api, authorities: issuance.authorities, cluster: configuration.names,
                seen: SeenBundles(logger: logger)),
            audit: audit, metrics: metrics.issuance, logger: logger)
        try listeners.open(
            "agent-listen", at: configuration.agentListen, .tls(identity), limits: ListenerLimits.agents,
            AgentHandler(endpoint: endpoint))
        return queue
    }

    private func auditSink() throws(ToolFailure) -> any LineSink {
        guard let path = configuration.auditFile else { return DescriptorSink.standardOutput }
        do { return try DescriptorSink(appendingTo: path) } catch {
            throw .failed(
                "cannot append to the audit log \(path): \(error)",
                hint: "its folder must exist and be writable")
        }
    }
}
