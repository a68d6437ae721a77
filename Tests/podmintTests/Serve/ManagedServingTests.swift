// SPDX-License-Identifier: Apache-2.0
import Issuance
import JSON
import KubernetesClient
import Logging
import OpenSSL
import Synchronization
import Testing

@testable import podmint

@Suite(.timeLimit(.minutes(1))) struct ManagedServingTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func serving(
        _ secret: ServingSecret, _ clock: WaitingClock, _ calendar: @escaping @Sendable () -> Int64
    )
        throws -> ManagedServing
    {
        try ManagedServing(
            try secret.authorities(), hosts: ["podmint"], client: APIClient(transport: secret),
            namespace: "podmint-system", clock: clock, calendar: calendar)
    }

    @Test func `a replica trusts the new CA as soon as it is there, and shows it as soon as it signs`()
        async throws
    {
        let secret = try await ServingSecret()
        let serving = try serving(secret, Ticker().clock, { SystemTime.now })
        let old = try secret.authorities().current.certificate
        let (shown, show) = AsyncStream.makeStream(of: TLSIdentity.self)
        let (rings, ring) = (WakeUp(), AsyncStream.makeStream(of: Void.self))
        let anchors = ServingAnchors(serving.anchors, changed: [rings])
        let keeper = Task {
            await serving.keep(anchors, logger, isAdmitted: { _ in true }) { show.yield($0) }
        }
        let bell = Task { await rings.forEach { ring.continuation.yield() } }
        var (changes, identities) = (ring.stream.makeAsyncIterator(), shown.makeAsyncIterator())
        try secret.apply(secret.authorities().beginning(at: SystemTime.now))
        // Nil is the end of a test that was cut off, which would otherwise spin for ever.
        while anchors.certificates.count < 2 { try #require(await changes.next() != nil) }
        // What is shown is still the old one's, and nobody need trust the new one to be served.
        #expect(anchors.shown == [old])
        guard case .waiting(let next) = serving.authorities.successor else {
            Issue.record("no successor")
            return
        }
        try secret.apply(secret.authorities().turning(to: next, at: SystemTime.now))
        let identity = await identities.next()
        let new = next.authority.certificate
        #expect(identity?.certificateChain.first?.isSigned(by: new) == true)
        #expect(identity?.certificateChain.count == 2)
        #expect(anchors.shown == [new, old] && anchors.certificates == [old, new])
        keeper.cancel()
        bell.cancel()
        await keeper.value
    }

    @Test func `a leaf that was made by a clock ahead is replaced once the clock is right`() async throws {
        let secret = try await ServingSecret()
        let ticker = Ticker()
        let now = Mutex(SystemTime.now + 3600)
        let serving = try serving(secret, ticker.clock, { now.withLock { $0 } })
        let (shown, show) = AsyncStream.makeStream(of: TLSIdentity.self)
        let keeper = Task {
            await serving.keep(
                ServingAnchors(serving.anchors, changed: []), logger, isAdmitted: { _ in true }
            ) { show.yield($0) }
        }
        #expect(serving.identity.certificateChain[0].notBefore > SystemTime.now)
        await ticker.tick()
        now.withLock { $0 -= 3600 }
        await ticker.tick()
        var identities = shown.makeAsyncIterator()
        let next = await identities.next()?.certificateChain.first
        #expect(next.map { $0.notBefore <= SystemTime.now } == true)
        keeper.cancel()
        await keeper.value
    }

    @Test func `a leaf is renewed long before it ends`() async throws {
        let secret = try await ServingSecret()
        let ticker = Ticker()
        let now = Mutex(SystemTime.now)
        let time: @Sendable () -> Int64 = { now.withLock { $0 } }
        let serving = try serving(secret, ticker.clock, time)
        let (shown, show) = AsyncStream.makeStream(of: TLSIdentity.self)
        let keeper = Task {
            await serving.keep(
                ServingAnchors(serving.anchors, changed: []), logger, isAdmitted: { _ in true }
            ) { show.yield($0) }
        }
        let first = serving.identity.certificateChain[0]
        await ticker.tick()
        now.withLock { $0 += ServingCertificate.lifetime * 2 / 3 }
        await ticker.tick()
        var identities = shown.makeAsyncIterator()
        let next = await identities.next()?.certificateChain.first
        #expect(next != nil && next != first && (next?.notAfter ?? 0) > first.notAfter)
        keeper.cancel()
        await keeper.value
    }

    @Test
    func `a deleted Secret is written anew by who leads, with the CA that serves and what came before it`()
        async throws
    {
        let secret = try await ServingSecret()
        let old = try secret.authorities().current.certificate
        try secret.apply(secret.authorities().beginning(at: SystemTime.now))
        guard case .waiting(let next) = try secret.authorities().successor else {
            Issue.record("no successor")
            return
        }
        try secret.apply(secret.authorities().turning(to: next, at: SystemTime.now))
        let before = try secret.authorities()
        let (serving, log) = (try serving(secret, Ticker().clock, { SystemTime.now }), RecordedLog())
        let keeper = Task {
            await serving.keep(
                ServingAnchors(serving.anchors, changed: []), log.logger, isAdmitted: { _ in false }
            ) { _ in Issue.record("the CA is what it was") }
        }
        let rotator = ServingRotator(
            client: APIClient(transport: secret), namespace: "podmint-system", serving: serving,
            spread: { _ in .init(isInWebhooks: false, lacking: nil) }, logger: log.logger,
            clock: LeapingClock().clock)
        let leader = Task { await rotator.run() }
        try await eventually { secret.watchers > 0 }
        secret.delete()
        try await eventually { secret.object != .null && !serving.isSecretGone }
        let after = try secret.authorities()
        #expect(after.current.certificate == before.current.certificate && after.former == [old])
        #expect(after.chain(at: SystemTime.now) == before.chain(at: SystemTime.now))
        // Its key is there too.
        _ = try ServingCertificate.sign(with: after, hosts: ["podmint"], now: SystemTime.now)
        #expect(log.count(of: "was deleted; what was read before stays") == 1)
        #expect(log.count(of: "wrote the serving CA's Secret anew") == 1)
        for task in [keeper, leader] {
            task.cancel()
            await task.value
        }
    }

    @Test func `a CA that nobody could know is trusted at once, and shown when the webhooks trust it`()
        async throws
    {
        let (secret, ticker) = (try await ServingSecret(), Ticker())
        let serving = try serving(secret, ticker.clock, { SystemTime.now })
        let old = try secret.authorities().current.certificate
        let anchors = ServingAnchors(serving.anchors, changed: [])
        let admitted = Mutex<Certificate?>(nil)
        let shown = Mutex<[TLSIdentity]>([])
        let keeper = Task {
            await serving.keep(
                anchors, logger, isAdmitted: { anchor in admitted.withLock { $0 == anchor } }
            ) { identity in shown.withLock { $0.append(identity) } }
        }
        // Somebody deleted the Secret, and a server that started made another CA.
        let stranger = try await ServingSecret()
        secret.object = stranger.object
        let new = try stranger.authorities().current.certificate
        try await eventually { anchors.certificates == [old, new] }
        await ticker.tick()
        #expect(shown.withLock { $0.isEmpty } && anchors.shown == [old])
        // A leader decides by the Secret, whatever is shown.
        #expect(serving.authorities.current.certificate == new)
        admitted.withLock { $0 = new }
        await ticker.tick()
        #expect(shown.withLock { $0.last?.certificateChain.first?.isSigned(by: new) } == true)
        #expect(anchors.shown == [new] && anchors.certificates == [old, new])
        await ticker.tick()
        #expect(shown.withLock { $0.count } == 1)
        keeper.cancel()
        await keeper.value
    }
}
