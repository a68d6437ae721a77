// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Sockets

/// Time as the agent sees it, and the only way it waits. Tests put their own in.
struct AgentClock {
    /// Unix seconds of the wall clock, which may jump.
    let wall: () -> Int64
    /// Milliseconds that never jump.
    let monotonic: () -> Int64
    /// Waits some milliseconds; false means that the agent should end.
    let pause: (Int64) -> Bool

    static var system: AgentClock {
        AgentClock(
            wall: {
                var time = timespec()
                unsafe clock_gettime(CLOCK_REALTIME, &time)
                return Int64(time.tv_sec)
            },
            monotonic: { MonotonicClock.now() },
            pause: { milliseconds in
                let deadline = MonotonicClock.now() + milliseconds
                while case let left = deadline - MonotonicClock.now(), left > 0 {
                    _ = poll(nil, 0, CInt(clamping: left))
                }
                return true
            })
    }
}
