// SPDX-License-Identifier: Apache-2.0
import Issuance
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
        let keeper = Task { await serving.keep(anchors, logger) { show.yield($0) } }
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
        #expect(identity?.certificateChain.first?.isIssued(by: new) == true)
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
            await serving.keep(ServingAnchors(serving.anchors, changed: []), logger) { show.yield($0) }
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
            await serving.keep(ServingAnchors(serving.anchors, changed: []), logger) { show.yield($0) }
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
}
