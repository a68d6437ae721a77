// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import KubernetesClient

@Suite(.timeLimit(.minutes(1))) struct ServerPresenceTests {
    /// Long waits last until something ends them.
    private let time = ManualClock()
    private let presence: ServerPresence
    private let clock: WaitingClock
    private let asleep: AsyncStream<Void>

    init() {
        let (asleep, tell) = AsyncStream.makeStream(of: Void.self)
        let clock = time.clock
        self.asleep = asleep
        self.clock = WaitingClock(
            now: clock.now,
            sleep: { duration in
                tell.yield()
                try await clock.sleep(duration)
            })
        presence = ServerPresence(clock: clock)
    }

    private func waiting() -> Task<Void, Never> {
        Task { [presence, clock] in await presence.wait(.seconds(3600), since: 0, clock) }
    }

    @Test func `who waits for a server that is away goes on when anybody is answered`() async {
        let waiting = waiting()
        _ = await asleep.first { true }
        time.advance(.seconds(11))
        presence.noteAnswer()
        await waiting.value
        #expect(presence.returns == 1)
        #expect(time.waits.count == 1 && time.waits.allSatisfy { $0 < .seconds(1) }, "not all at once")
    }

    @Test func `a return while one was still asking is not missed`() async {
        time.advance(.seconds(11))
        presence.noteAnswer()
        await waiting().value
        #expect(time.waits.count == 1 && time.waits.allSatisfy { $0 < .seconds(1) })
    }

    @Test func `a server that answers others is not away`() async {
        let waiting = waiting()
        _ = await asleep.first { true }
        for _ in 0..<10 {
            time.advance(.seconds(5))
            presence.noteAnswer()
        }
        #expect(presence.returns == 0)
        waiting.cancel()
        await waiting.value
    }

    @Test func `a cache lists again as soon as another request was answered`() async throws {
        let server = FakeAPIServer([
            .failure(.unreachable("x")), .json(200, .object("lease", 1)),
            .json(200, .list(9, [.object("a", 1)])), .openWatch([]),
        ])
        let client = APIClient(transport: server, clock: time.clock)
        let informer = Informer<String>(
            client: client, resource: .pods, clock: clock,
            backoff: Backoff(first: .seconds(3600), longest: .seconds(3600)),
            decode: { $0.at("metadata", "name")?.string })
        let run = Task { await informer.run() }
        _ = await asleep.first { true }
        time.advance(.seconds(11))
        // Copies of a client know the same.
        _ = try await client.waiting(atMost: .seconds(1)).raw("/lease")
        try await informer.waitForSync()
        #expect(informer.records.values.sorted() == ["a"])
        run.cancel()
        await run.value
    }
}
