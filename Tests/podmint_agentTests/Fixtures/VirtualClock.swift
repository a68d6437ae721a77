// SPDX-License-Identifier: Apache-2.0
@testable import podmint_agent

/// Time that passes only when the agent waits. Belongs to one thread.
final class VirtualClock {
    var wall: Int64
    var monotonic: Int64 = 0
    private(set) var pauses: [Int64] = []
    /// Called at each wait, after time has passed; false ends the agent.
    var onPause: (VirtualClock) -> Bool = { $0.pauses.count < 1000 }

    init(wall: Int64) { self.wall = wall }

    var clock: AgentClock {
        AgentClock(
            wall: { self.wall }, monotonic: { self.monotonic },
            pause: { milliseconds in
                self.pauses.append(milliseconds)
                self.wall += (milliseconds + 999) / 1000
                self.monotonic += milliseconds
                return self.onPause(self)
            })
    }
}
