// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// How many questions to the API server run at once. Whoever can reach the listener can make us ask it, before we know
/// who they are: so few ask, some wait, and the rest is told to come again.
package final class ReviewGate: Sendable {
    /// A review takes some 5 ms: 64 at once are 12,000 a second, more than one API server gives.
    static let running = 64
    /// A storm of 2,000 pods waits here for 200 ms instead of being sent away.
    static let waiting = 4096

    private struct State {
        var running = 0
        var waiters = FIFO<CheckedContinuation<Void, Never>>()
    }

    private let limit: Int
    private let waiterLimit: Int
    private let state = Mutex(State())

    package init(running: Int = ReviewGate.running, waiting: Int = ReviewGate.waiting) {
        limit = running
        waiterLimit = waiting
    }

    /// Nil: too many are waiting already, and `body` did not run.
    func pass<Value: Sendable>(_ body: @Sendable () async -> Value) async -> Value? {
        guard await enter() else { return nil }
        let value = await body()
        leave()
        return value
    }

    private func enter() async -> Bool {
        let hasPlace: Bool? = state.withLock { state in
            if state.running < limit {
                state.running += 1
                return true
            }
            return state.waiters.count < waiterLimit ? nil : false
        }
        if let hasPlace { return hasPlace }
        await withCheckedContinuation { continuation in
            let entered = state.withLock { state in
                guard state.running >= limit else {
                    state.running += 1
                    return true
                }
                state.waiters.append(continuation)
                return false
            }
            if entered { continuation.resume() }
        }
        return true
    }

    /// The place goes straight to who waits longest.
    private func leave() {
        let next = state.withLock { state in
            let next = state.waiters.popFirst()
            if next == nil { state.running -= 1 }
            return next
        }
        next?.resume()
    }
}
