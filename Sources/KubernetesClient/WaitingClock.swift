// SPDX-License-Identifier: Apache-2.0

/// The time that passes, and waiting for some of it: the real one, or a test's.
package struct WaitingClock: Sendable {
    /// Time since an arbitrary moment; never goes back.
    package let now: @Sendable () -> Duration
    /// Throws when the task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }

    package static let system: WaitingClock = {
        let start = ContinuousClock.now
        return WaitingClock(now: { ContinuousClock.now - start }, sleep: { try await Task.sleep(for: $0) })
    }()
}
