// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Whether the API server answers anybody at all, by what becomes of every request of one client.
///
/// Who waits because nobody answered need not wait on once somebody was answered: after an outage of minutes the waits
/// have grown to one, and a cache would stand still that much longer. A server that leaves some requests unanswered and
/// answers others is busy, not away: that shortens no wait.
final class ServerPresence: Sendable {
    /// Each replica asks for its Lease every few seconds, whatever becomes of it: in so long two such requests fail.
    private static let absence = Duration.seconds(10)
    /// Those that waited do not come back in one moment.
    private static let spread = Duration.seconds(1)

    private struct State {
        var answeredAt: Duration
        var returns = 0
        var waiting: [Int: AsyncStream<Never>.Continuation] = [:]
        var nextWaiter = 0
    }

    private let clock: WaitingClock
    private let state: Mutex<State>

    init(clock: WaitingClock) {
        self.clock = clock
        state = Mutex(State(answeredAt: clock.now()))
    }

    /// How often it came back. Who remembers the number of before a request that failed misses no return.
    var returns: Int { state.withLock { $0.returns } }

    func noteAnswer() {
        let now = clock.now()
        let waiting = state.withLock { state in
            defer { state.answeredAt = now }
            guard now - state.answeredAt >= Self.absence else { return [AsyncStream<Never>.Continuation]() }
            state.returns += 1
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for bell in waiting { bell.finish() }
    }

    /// Returns after `time` by the caller's clock, soon after the server came back, or soon where it has come back since
    /// there were so many `returns`.
    func wait(_ time: Duration, since returns: Int, _ clock: WaitingClock) async {
        let (bell, ring) = AsyncStream.makeStream(of: Never.self)
        let waiter = state.withLock { state -> Int? in
            guard state.returns == returns else { return nil }
            state.nextWaiter += 1
            state.waiting[state.nextWaiter] = ring
            return state.nextWaiter
        }
        if let waiter {
            let isOver = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try? await clock.sleep(time)
                    return true
                }
                group.addTask {
                    for await _ in bell {}
                    return false
                }
                defer { group.cancelAll() }
                return await group.next() ?? true
            }
            state.withLock { _ = $0.waiting.removeValue(forKey: waiter) }
            if isOver { return }
        }
        try? await clock.sleep(min(time, Self.spread * Double.random(in: 0..<1)))
    }
}
