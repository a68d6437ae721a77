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
    private let clock: WaitingClock
    private let informers: [Kept]

    private struct Kept {
        let kind: String
        let resource: APIResource
        let informer: Informer<WebhookRegistration>
    }

    private static let name = WebhookStanding.name
    /// The longest is what somebody waits at most, twice by chance, who gave a right back.
    private static let backoff = Backoff(first: .seconds(1), longest: .seconds(10))

    /// `changed` must be rung when `anchors` change, and when this replica may write from now on.
    init(
        client: APIClient, anchors: ServingAnchors, changed: WakeUp, readiness: Readiness, logger: Logger,
        clock: WaitingClock = .system, mayWrite: @escaping @Sendable () -> Bool
    ) {
        self.client = client
        self.anchors = anchors
        self.readiness = readiness
        self.logger = logger
        self.changed = changed
        self.clock = clock
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
        await withDiscardingTaskGroup { group in
            for kept in informers { group.addTask { await kept.informer.run() } }
            for kept in informers { try? await kept.informer.waitForSync() }
            changed.ring()
            var told = Told()
            await changed.forEach {
                guard let wait = await settle(&told) else { return }
                // Meanwhile whatever changes is looked at.
                group.addTask {
                    guard (try? await self.clock.sleep(wait)) != nil else { return }
                    self.changed.ring()
                }
            }
        }
    }

    /// Whether the API server would accept what that CA signs, as far as can be read back.
    func isTrusted(_ anchor: Certificate) -> Bool { isSynced && standing.trusts(anchor) }

    /// Whether no API server is known to call that would refuse what that CA signs.
    func admits(_ anchor: Certificate) -> Bool { isSynced && standing.admits(anchor) }

    private var isSynced: Bool { informers.allSatisfy(\.informer.isSynced) }

    private var standing: WebhookStanding {
        WebhookStanding(
            kept: informers.map {
                .init(kind: $0.kind, registration: $0.informer.record(for: ObjectKey(name: Self.name)))
            })
    }

    /// What the log has said already, and how writing went.
    private struct Told {
        var verdict: WebhookStanding.Verdict?
        var absent: String?
        /// By kind, as what follows.
        var rows: [String: FailureRow] = [:]
        /// The version for which a patch was refused.
        var refused: [String: String] = [:]
        var nextWrite: Duration?
    }

    /// When to come back though nothing changed; nil: not before something does.
    private func settle(_ told: inout Told) async -> Duration? {
        guard isSynced else { return nil }
        let standing = standing
        tell(standing, &told)
        guard mayWrite() else { return nil }
        // A bell that rings meanwhile must not make a row of failures any faster.
        if let due = told.nextWrite, clock.now() < due { return nil }
        told.nextWrite = nil
        var wait: Duration?
        for (kind, patch) in standing.writes(trusting: anchors.certificates, at: SystemTime.now) {
            guard let kept = informers.first(where: { $0.kind == kind }) else { continue }
            do throws(KubernetesError) {
                _ = try await client.patch(kept.resource, name: Self.name, .json, patch.serialized())
                // The watch shows what was written, and rings again.
                logger.info("wrote the caBundle", metadata: ["configuration": "\(kind)/\(Self.name)"])
                told.rows[kind] = nil
                told.refused[kind] = nil
            } catch {
                guard !Task.isCancelled else { return nil }
                wait = max(wait ?? .zero, note(error, kind, standing.version(of: kind), &told))
            }
        }
        if let wait { told.nextWrite = clock.now() + wait }
        return wait
    }

    /// Where a `test` failed somebody else wrote: what, the watch is about to say. Only a version that is refused twice was
    /// not overtaken.
    private func note(_ error: KubernetesError, _ kind: String, _ version: String, _ told: inout Told)
        -> Duration
    {
        if error.code == 422, told.refused.updateValue(version, forKey: kind) != version {
            logger.debug("\(kind) \(Self.name) changed meanwhile; it is read again", failure: error)
            return Self.backoff.first
        }
        let (isNews, wait) = told.rows[kind, default: FailureRow(backoff: Self.backoff)].failed(error)
        if isNews {
            logger.warning(
                "cannot write the caBundle; it is tried again", failure: error,
                ["configuration": "\(kind)/\(Self.name)"])
        }
        return wait
    }

    private func tell(_ standing: WebhookStanding, _ told: inout Told) {
        let verdict = standing.verdict(showing: anchors.shown, isWriter: mayWrite())
        switch verdict {
        case .trusted: readiness.meet(.webhooks)
        case .miss(let what): readiness.miss(.webhooks, what)
        case .excuse(let what): readiness.excuse(.webhooks, what)
        }
        if verdict == .trusted, told.verdict != .trusted { logger.info("the webhooks trust this server") }
        let absent = standing.absent
        if let absent, absent != told.absent {
            logger.warning(
                "\(absent)",
                metadata: [
                    "hint":
                        "podmint manifests --help says how to apply it; what it registers is not called before"
                ])
        }
        (told.verdict, told.absent) = (verdict, absent)
    }
}
