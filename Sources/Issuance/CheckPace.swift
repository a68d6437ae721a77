// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// How often agents are told to check, so that many of them cost as much as few: every half minute while they are few,
/// every ten minutes at most. Counts the checks that come and stretches the pause until they come seldom enough.
package final class CheckPace: Sendable {
    /// Each is a handshake (0.3 ms) and a read that the API server answers from its cache.
    static let perSecond = 50.0
    /// Past that they are turned away, whoever sends them.
    static let mostPerSecond = 200.0
    static let seconds = 30...600

    private struct State {
        var windowStart: Double?
        var count = 0
        var pause = CheckPace.seconds.lowerBound
        var tokens = CheckPace.mostPerSecond
        var filledAt = 0.0
    }

    private let state = Mutex(State())
    private let clock: IssuanceClock

    package init(clock: IssuanceClock = .system) { self.clock = clock }

    /// The pause to tell this agent; nil when there are too many to answer.
    func next() -> Int? {
        let (seconds, attoseconds) = clock.elapsed().components
        let now = Double(seconds) + Double(attoseconds) / 1e18
        return state.withLock { state in
            state.tokens = min(Self.mostPerSecond, state.tokens + (now - state.filledAt) * Self.mostPerSecond)
            state.filledAt = now
            guard state.tokens >= 1 else { return nil }
            state.tokens -= 1
            state.count += 1
            let start = state.windowStart ?? now
            state.windowStart = start
            let passed = now - start
            if passed >= Double(Self.seconds.lowerBound) {
                let agents = Double(state.count) / passed * Double(state.pause)
                state.pause = min(
                    max(Int(agents / Self.perSecond), Self.seconds.lowerBound), Self.seconds.upperBound)
                (state.windowStart, state.count) = (now, 0)
            }
            return state.pause
        }
    }
}
