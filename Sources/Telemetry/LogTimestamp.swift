// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The wall clock as log lines show it: RFC 3339, UTC, milliseconds.
package struct LogTimestamp: Sendable, CustomStringConvertible {
    package let seconds: Int64
    package let milliseconds: Int

    package init(seconds: Int64, milliseconds: Int) {
        self.seconds = seconds
        self.milliseconds = milliseconds
    }

    package static func now() -> LogTimestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return LogTimestamp(seconds: Int64(time.tv_sec), milliseconds: time.tv_nsec / 1_000_000)
    }

    package var description: String {
        var instant = time_t(seconds)
        // `tm` holds the zone's name by pointer, which makes the whole struct unsafe to the compiler.
        var parts = unsafe tm()
        _ = unsafe gmtime_r(&instant, &parts)
        let (year, month, day) = unsafe (parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)
        let (hour, minute, second) = unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec)
        func padded(_ number: Int32, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let time = "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
        return "\(date)T\(time).\(padded(Int32(milliseconds), 3))Z"
    }
}
