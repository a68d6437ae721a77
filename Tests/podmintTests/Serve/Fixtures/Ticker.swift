// SPDX-License-Identifier: Apache-2.0
import KubernetesClient

/// A clock that only a test moves: each `tick` ends one wait.
final class Ticker: Sendable {
    private let ticks = AsyncStream.makeStream(of: Void.self)
    private let waits = AsyncStream.makeStream(of: Void.self)

    var clock: WaitingClock {
        WaitingClock(
            now: { .zero },
            sleep: { _ in
                self.waits.continuation.yield()
                for await _ in self.ticks.stream { return }
                throw CancellationError()
            })
    }

    /// Ends the wait that goes on or comes next, and returns when another has begun: all between is done then.
    func tick() async {
        await rest()
        ticks.continuation.yield()
        await rest()
        waits.continuation.yield()
    }

    private func rest() async { for await _ in waits.stream { return } }
}
