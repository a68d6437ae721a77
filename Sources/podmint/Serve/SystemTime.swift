// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The wall clock, in seconds since the epoch.
enum SystemTime {
    static var now: Int64 { Int64(time(nil)) }
}
