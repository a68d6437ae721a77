// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Time as issuance needs it: what a calendar says, what has passed, and waiting. A value, so that tests own it.
package struct IssuanceClock: Sendable {
    /// Seconds since the epoch.
    package let now: @Sendable () -> Int64
    /// Since some fixed moment; never goes back.
    package let elapsed: @Sendable () -> Duration
    package let sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Int64, elapsed: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.elapsed = elapsed
        self.sleep = sleep
    }

    package static let system = {
        let start = ContinuousClock.now
        return IssuanceClock(
            now: { Int64(time(nil)) }, elapsed: { ContinuousClock.now - start },
            sleep: { try await Task.sleep(for: $0) })
    }()
}
