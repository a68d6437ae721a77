// SPDX-License-Identifier: Apache-2.0

/// A bell that any thread rings and one task waits at: rings in between count as one.
struct WakeUp: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func ring() { continuation.yield() }

    /// Runs `action` once for each ring, or row of rings, until the task is cancelled.
    func forEach(_ action: () async -> Void) async {
        for await _ in stream { await action() }
    }
}
