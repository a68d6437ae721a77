// SPDX-License-Identifier: Apache-2.0
import KubernetesClient
import Synchronization

/// A clock on which every wait is over at once, and has taken its time.
final class LeapingClock: Sendable {
    private let time = Mutex(Duration.zero)
    private let waits = Mutex<[Duration]>([])

    var waited: [Duration] { waits.withLock { $0 } }

    var clock: WaitingClock {
        WaitingClock(
            now: { self.time.withLock { $0 } },
            sleep: { duration in
                try Task.checkCancellation()
                self.waits.withLock { $0.append(duration) }
                self.time.withLock { $0 += duration }
                // Others have their turn.
                try await Task.sleep(for: .milliseconds(1))
            })
    }
}
