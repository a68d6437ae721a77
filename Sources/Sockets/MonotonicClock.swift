// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Milliseconds that never jump; where they begin means nothing. clock_gettime(CLOCK_MONOTONIC)
package enum MonotonicClock {
    package static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
