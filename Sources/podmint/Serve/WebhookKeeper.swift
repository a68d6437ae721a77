// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import KubernetesClient
internal import Logging
internal import OpenSSL

/// Keeps podmint's anchors in the `caBundle` of its own webhook configurations, whoever applies them anew, and says
/// when the API server can trust this server.
///
/// Every replica looks, one writes: that of `mayWrite`, and only what is needed.
final class WebhookKeeper: Sendable {
    private let client: APIClient
    private let anchors: ServingAnchors
    private let readiness: Readiness
    private let logger: Logger
    private let changed: WakeUp
    private let mayWrite: @Sendable () -> Bool
    private let informers: [Kept]

    private struct Kept {
        let kind: String
        let resource: APIResource
        let informer: Informer<WebhookRegistration>
    }

    private static let name = "podmint"
    private static let retry = Duration.seconds(2)

    /// `changed` must be rung when `anchors` change, and when this replica may write from now on.
    init(
        client: APIClient, anchors: ServingAnchors, changed: WakeUp, readiness: Readiness, logger: Logger,
        mayWrite: @escaping @Sendable () -> Bool
    ) {
        self.client = client
        self.anchors = anchors
        self.readiness = readiness
        self.logger = logger
        self.changed = changed
        self.mayWrite = mayWrite
        informers = [
            ("MutatingWebhookConfiguration", APIResource.mutatingWebhookConfigurations),
            ("ValidatingWebhookConfiguration", APIResource.validatingWebhookConfigurations),
        ].map { kind, resource in
            let informer = Informer(
                client: client, resource: resource, scope: .named(Self.name),
                decode: WebhookRegistration.init,
                onChange: { _ in changed.ring() },
                onTrouble: logger.following("the \(kind)"))
            return Kept(kind: kind, resource: resource, informer: informer)
        }
    }

    /// Of both kinds: the older of the two.
    var health: InformerHealth {
        let both = informers.map(\.informer.health)
        return InformerHealth(
            isSynced: both.allSatisfy(\.isSynced), objects: both.reduce(0) { $0 + $1.objects },
            silence: both.contains { $0.silence == nil } ? nil : both.compactMap(\.silence).max())
    }

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for kept in informers { group.addTask { await kept.informer.run() } }
            group.addTask {
                for kept in self.informers { try? await kept.informer.waitForSync() }
                self.changed.ring()
                await self.changed.forEach { await self.settle() }
            }
        }
    }

    /// Whether the API server would accept what that CA signs, as far as can be read back.
    func isTrusted(_ anchor: Certificate) -> Bool {
        informers.allSatisfy { registration(of: $0)?.trusts(anchor) ?? false }
    }

    private func registration(of kept: Kept) -> WebhookRegistration? {
        kept.informer.record(for: ObjectKey(name: Self.name))
    }

    private func settle() async {
        guard informers.allSatisfy(\.informer.isSynced) else { return }
        for kept in informers {
            guard let registration = registration(of: kept) else {
                let what = "\(kept.kind) \(Self.name) does not exist"
                // Nobody calls then who would have to trust this server, and the agents behind the same Service still renew:
                // deleting the configurations is the rescue when admission is in trouble.
                readiness.excuse(.webhooks, "\(what); apply what 'podmint manifests' prints")
                logger.warning(
                    "\(what)",
                    metadata: [
                        "hint": "podmint manifests --help says how to apply it; nothing is injected before"
                    ])
                return
            }
            // Being trusted is enough to be ready; that all is written which shall be is the writer's business.
            if !registration.trusts(anyOf: anchors.shown) {
                readiness.miss(
                    .webhooks,
                    mayWrite()
                        ? "\(kept.kind) \(Self.name) does not trust this server yet"
                        : "\(kept.kind) \(Self.name) does not trust this server yet; the replica that leads writes its caBundle"
                )
                if !mayWrite() { return }
            }
            guard mayWrite(),
                let patch = registration.patch(trusting: anchors.certificates, at: SystemTime.now)
            else { continue }
            return await write(patch, to: kept)
        }
        readiness.meet(.webhooks)
        logger.info("the webhooks trust this server")
    }

    /// The watch shows what was written and rings again; a failure is tried again after a while.
    private func write(_ patch: JSONPatch, to kept: Kept) async {
        do {
            _ = try await client.patch(kept.resource, name: Self.name, .json, patch.serialized())
            logger.info("wrote the caBundle", metadata: ["configuration": "\(kept.kind)/\(Self.name)"])
        } catch {
            logger.warning("cannot write the caBundle", failure: error)
            try? await Task.sleep(for: Self.retry)
            changed.ring()
        }
    }
}
