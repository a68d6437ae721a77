// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesClient
internal import Logging
internal import Policies
internal import Synchronization

/// Follows the cluster's TLSPolicies and ClusterAuthorities and keeps the `PolicyCatalog` by them.
///
/// Where manifests of before these kinds are installed there are no policies, and podmint serves as it did then: discovery
/// says so, for without the new rights a list is forbidden whether the kinds are there or not.
final class PolicyWatch: Sendable {
    let catalog: PolicyCatalog
    let policies: Informer<WatchedObject<TLSPolicy>>
    let authorities: Informer<WatchedObject<ClusterAuthority>>

    private let client: APIClient
    private let readiness: Readiness
    private let logger: Logger
    private let trouble: PolicyTrouble
    private let bells: PolicyBells

    /// The kinds may be installed at any time; until they are, each try is a 404.
    private static let backoff = Backoff(first: .milliseconds(500), longest: .seconds(5))

    init(client: APIClient, readiness: Readiness, logger: Logger) {
        self.client = client
        self.readiness = readiness
        self.logger = logger
        let catalog = PolicyCatalog()
        let trouble = PolicyTrouble()
        let bells = PolicyBells()
        policies = Informer(
            client: client, resource: .tlsPolicies, backoff: Self.backoff,
            decode: { WatchedObject($0, TLSPolicy.read) },
            onChange: { change in
                let key = change.key
                switch change {
                case .set(_, let policy, _): catalog.set(policy.reading, named: key.name, in: key.namespace)
                case .removed: catalog.removePolicy(named: key.name, in: key.namespace)
                }
                bells.ring()
            }, onTrouble: Self.note(trouble, logger.following("TLSPolicies")))
        authorities = Informer(
            client: client, resource: .clusterAuthorities, backoff: Self.backoff,
            decode: { WatchedObject($0, ClusterAuthority.read) },
            onChange: { change in
                switch change {
                case .set(let key, let authority, _): catalog.set(authority.reading, named: key.name)
                case .removed(let key, _): catalog.removeAuthority(named: key.name)
                }
                bells.ring()
            }, onTrouble: Self.note(trouble, logger.following("ClusterAuthorities")))
        self.catalog = catalog
        self.trouble = trouble
        self.bells = bells
    }

    /// Why it fails is found out first: the kinds may not be there.
    private static func note(
        _ trouble: PolicyTrouble, _ tell: @escaping @Sendable (InformerTrouble) -> Void
    ) -> @Sendable (InformerTrouble) -> Void {
        { what in
            switch what {
            case .failure(let error): trouble.note(error)
            case .over(let error, _): if !error.isNotFound { tell(what) }
            }
        }
    }

    /// Rung whenever an object changes, until another one is asked for: whoever waited at it before waits no more.
    func newBell() -> WakeUp { bells.replace() }

    /// Until it is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.policies.run() }
            group.addTask { await self.authorities.run() }
            group.addTask { await self.trouble.met.forEach { await self.settle() } }
            group.addTask {
                guard (try? await self.policies.waitForSync()) != nil else { return }
                guard (try? await self.authorities.waitForSync()) != nil else { return }
                self.catalog.markSynced()
                self.readiness.meet(.policies)
                guard self.trouble.wereMissing else { return }
                self.logger.info("TLSPolicies and ClusterAuthorities are installed now, and followed")
            }
        }
    }

    /// A list or watch failed: whether for want of the kinds, and else what is the matter.
    private func settle() async {
        guard let failure = trouble.take() else { return }
        let complaint: Logger.Message = "cannot follow TLSPolicies and ClusterAuthorities"
        guard !policies.isSynced || !authorities.isSynced else {
            return logger.warning(complaint, failure: failure)
        }
        let served = await servedKinds()
        let wanted = [APIResource.tlsPolicies, .clusterAuthorities].map(\.plural)
        guard let served, wanted.allSatisfy({ !served.contains($0) }) else {
            logger.warning(complaint, failure: failure)
            let what = "cannot list TLSPolicies and ClusterAuthorities: \(failure)"
            // Who has served without them goes on: that the kinds come before the rights is a moment of an upgrade.
            return catalog.isSynced ? readiness.meet(.policies, what) : readiness.miss(.policies, what)
        }
        guard !trouble.wereMissing else { return }
        trouble.noteMissing()
        catalog.markSynced()
        readiness.meet(.policies, "there are none: the kinds are not installed")
        logger.notice(
            "there are no policies: TLSPolicy and ClusterAuthority are not installed in this cluster",
            metadata: ["hint": "podmint manifests | kubectl apply --server-side -f - installs them"])
    }

    /// Names of podmint's resources that the API server serves; nil where it does not say. Everyone may ask.
    private func servedKinds() async -> [String]? {
        do throws(KubernetesError) {
            let answer = try await client.raw("/apis/\(APIResource.tlsPolicies.apiVersion)")
            guard let list = try? JSONValue(parsing: answer) else { return nil }
            return list["resources"]?.array?.compactMap { $0["name"]?.string }
        } catch {
            return error.isNotFound ? [] : nil
        }
    }
}

/// The bell of who listens now. A bell that was waited at ends with its waiter, and leaders come and go.
private final class PolicyBells: Sendable {
    private let current = Mutex<WakeUp?>(nil)

    func ring() { current.withLock { $0 }?.ring() }

    func replace() -> WakeUp {
        let bell = WakeUp()
        current.withLock { $0 = bell }
        return bell
    }
}

/// The last failure that nobody has looked into yet.
private final class PolicyTrouble: Sendable {
    let met = WakeUp()
    private let state = Mutex<(failure: KubernetesError?, wereMissing: Bool)>((nil, false))

    func note(_ failure: KubernetesError) {
        state.withLock { $0.failure = failure }
        met.ring()
    }

    func take() -> KubernetesError? {
        state.withLock { state in
            defer { state.failure = nil }
            return state.failure
        }
    }

    var wereMissing: Bool { state.withLock { $0.wereMissing } }
    func noteMissing() { state.withLock { $0.wereMissing = true } }
}
