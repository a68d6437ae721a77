// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import HTTPTransport
internal import Injection
internal import Issuance
internal import KubernetesAPI
internal import KubernetesClient
internal import Logging
internal import OpenSSL
internal import Policies
internal import Synchronization
internal import Telemetry

/// What runs between the first contact with the cluster and the last answer.
final class PodmintService: Sendable {
    private let configuration: ServeConfiguration
    private let client: APIClient
    private let listeners: Listeners
    private let readiness: Readiness
    private let metrics: ServeMetrics
    private let logger: Logger
    private let events: EventRecorder
    private let leadership: Leadership
    private let policies: PolicyWatch
    private let queue = Mutex<IssuanceQueue?>(nil)

    init(
        configuration: ServeConfiguration, client: APIClient, listeners: Listeners, readiness: Readiness,
        metrics: MetricsRegistry, logger: Logger
    ) {
        self.configuration = configuration
        self.client = client
        self.listeners = listeners
        self.readiness = readiness
        self.metrics = ServeMetrics(metrics, readiness: readiness)
        self.logger = logger
        events = EventRecorder(client: client, instance: HostName.current, time: { SystemTime.now }) {
            logger.warning("cannot write Events", failure: $0)
        }
        EventMetrics.observe(events, in: metrics)
        ConnectionMetrics.observe(listeners, in: metrics)
        leadership = .ofReplicas(
            client, namespace: configuration.namespace, metrics: metrics, logger: logger)
        policies = PolicyWatch(client: client, readiness: readiness, logger: logger)
        PolicyMetrics.observe(policies, in: metrics)
    }

    /// Until it is cancelled. Rights come first: what waits for one that is missing would wait without a word.
    func run() async throws {
        async let _: Void = RightsCheck(
            client: client, namespace: configuration.namespace, readiness: readiness, logger: logger
        ).run()
        try await serve()
    }

    /// Waits for the API server and for its own namespace as long as that takes.
    private func serve() async throws {
        let secrets = AuthoritySecret(
            store: SecretAuthorityStore(client: client, namespace: configuration.namespace),
            keyEncryptionKey: try configuration.keyEncryptionKey?.read())
        let serving = try await ServingStart(
            configuration: configuration, client: client, readiness: readiness, logger: logger
        ).source(secrets)
        readiness.meet(.servingCertificate)
        metrics.expiries.note(serving, shown: serving.identity)
        metrics.rotation.observe(serving)

        let (namespacesChanged, webhooksChanged) = (WakeUp(), WakeUp())
        let trusted = ServingAnchors(serving.anchors, changed: [namespacesChanged, webhooksChanged])
        let facts = NamespaceFacts()
        let services = ServiceCache(client: client, onTrouble: logger.following("Services"))
        let certificates = UserCertificateWatch(
            client: client, services: services, policies: policies.catalog, logger: logger)
        let namespaces = Informer(
            client: client, resource: .namespaces, decode: { try? Namespace($0) },
            onChange: {
                facts.apply($0)
                certificates.apply($0)
                namespacesChanged.ring()
            }, onTrouble: logger.following("namespaces"))
        let review = CertificateReview(
            facts: certificates, clusterDomain: configuration.names.clusterDomain,
            trustDomain: configuration.names.trustDomain,
            clock: { Timestamp(secondsSinceEpoch: SystemTime.now) })
        let watchman = CertificateWatchman(
            watch: certificates, review: review, facts: facts, events: events,
            metrics: metrics.userCertificates,
            leads: { [leadership] in leadership.isLeading })
        let issuance = IssuanceDesk(
            client: client, configuration: configuration, secrets, policies.catalog, certificates, namespaces,
            metrics.expiries)
        let queue = try AgentListener(
            configuration: configuration, client: client, events: events, metrics: metrics, logger: logger
        ).open(in: listeners, showing: serving.identity, issuance, services, namespaces)
        self.queue.withLock { $0 = queue }
        let clients = try configuration.clientAuthority.map { path throws(ToolFailure) in
            try ClientAuthorityFile(path)
        }
        let reviewer = AdmissionReviewer(
            injection: StandingInjection(
                configuration, trusted, services, certificates, policies.catalog
            ).context,
            facts: facts, certificates: review, references: policies.catalog)
        try listeners.open(
            "listen", at: configuration.listen, .tls(serving.identity, clients: clients?.certificates),
            limits: ListenerLimits.admission,
            AdmissionHandler(
                reviewer: reviewer, readiness: readiness, metrics: metrics.admissions, logger: logger))
        readiness.meet(.serving)

        // Only its own replica knows the anchor of somebody else's files, so each adds its own.
        let hasOwnAnchor = configuration.ownCertificate != nil
        let webhooks = WebhookKeeper(
            client: client, anchors: trusted, changed: webhooksChanged, readiness: readiness, logger: logger,
            mayWrite: { [leadership] in hasOwnAnchor || leadership.isLeading })
        let anchors = AnchorKeeper(
            client: client, namespaces: namespaces, changed: namespacesChanged, anchors: trusted,
            logger: logger, mayWrite: { [leadership] in leadership.isLeading })
        metrics.caches.observe(.namespaces) { namespaces.health }
        metrics.caches.observe(.services) { services.health }
        metrics.caches.observe(.pods) { certificates.podHealth }
        metrics.caches.observe(.secrets) { certificates.secretHealth }
        metrics.caches.observe(.policies) { [policies] in policies.policies.health }
        metrics.caches.observe(.authorities) { [policies] in policies.authorities.health }
        metrics.caches.observe(.webhooks) { webhooks.health }
        metrics.caches.observe(.trustAnchors) { anchors.health }
        if let managed = serving as? ManagedServing {
            metrics.caches.observe(.servingAuthority) { managed.health }
        }
        let rotator = (serving as? ManagedServing).map { serving in
            ServingRotator(
                client: client, namespace: configuration.namespace, serving: serving,
                spread: { .init(isInWebhooks: webhooks.isTrusted($0), lacking: anchors.lacking) },
                logger: logger)
        }
        let controller = PolicyController(
            client: client, watch: policies,
            findings: ClusterFindings(
                catalog: policies.catalog, desk: issuance, ownNamespace: configuration.namespace,
                pods: certificates, certificates: review, namespaces: facts), events: events,
            logger: logger)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await namespaces.run() }
            group.addTask { await services.run() }
            group.addTask { [policies] in await policies.run() }
            group.addTask { await certificates.run() }
            group.addTask { await watchman.run() }
            group.addTask { await webhooks.run() }
            group.addTask { await anchors.run() }
            group.addTask { await queue.run() }
            group.addTask { [readiness, logger] in await issuance.keepStandard(readiness, logger) }
            group.addTask { [events] in await events.run() }
            group.addTask { [leadership] in
                await leadership.run {
                    // What nobody wrote while nobody led.
                    webhooksChanged.ring()
                    namespacesChanged.ring()
                    await withTaskGroup(of: Void.self) { term in
                        if let rotator { term.addTask { await rotator.run() } }
                        term.addTask { await controller.run() }
                    }
                }
            }
            group.addTask { [logger, listeners, metrics] in
                await serving.keep(trusted, logger, isAdmitted: webhooks.admits) { identity in
                    do throws(OpenSSLError) { try listeners.show(identity) } catch {
                        return logger.error("cannot show a new certificate", metadata: ["why": "\(error)"])
                    }
                    metrics.expiries.note(serving, shown: identity)
                }
            }
            group.addTask { [logger, listeners] in
                await clients?.keep(logger) { try listeners.admit($0, to: "listen") }
            }
            group.addTask { [readiness] in
                guard (try? await namespaces.waitForSync()) != nil else { return }
                facts.markSynced()
                guard (try? await services.waitForSync()) != nil else { return }
                readiness.meet(.caches)
            }
        }
    }

    /// Not ready at once; everything is served until endpoints have forgotten this server; then what is under way ends.
    func end() async {
        readiness.miss(.serving, "shutting down")
        async let resigned: Void = leadership.resign()
        async let closed: Void = listeners.shutdown(grace: configuration.shutdownDelay)
        try? await Task.sleep(for: configuration.shutdownDelay)
        queue.withLock { $0 }?.drain()
        await closed
        await resigned
    }
}
