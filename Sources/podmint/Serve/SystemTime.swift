// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The wall clock, in seconds since the epoch.
enum SystemTime {
    static var now: Int64 { Int64(time(nil)) }

    static var microseconds: Int64 {
        var moment = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &moment)
        return Int64(moment.tv_sec) * 1_000_000 + Int64(moment.tv_nsec) / 1000
    }
}
