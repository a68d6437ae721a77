// SPDX-License-Identifier: Apache-2.0

/// Unix seconds as RFC 3339 text in UTC, by arithmetic alone: years 0 to 9999.
enum UTCTime {
    static func text(_ seconds: Int64) -> String {
        let (year, month, day) = date(seconds)
        let (hour, minute, second) = time(seconds)
        return
            "\(padded(year, 4))-\(padded(month))-\(padded(day))T\(padded(hour)):\(padded(minute)):\(padded(second))Z"
    }

    /// The same for a file name, as the kubelet names its own.
    static func fileName(_ seconds: Int64) -> String {
        let (year, month, day) = date(seconds)
        let (hour, minute, second) = time(seconds)
        return [padded(year, 4), padded(month), padded(day), padded(hour), padded(minute), padded(second)]
            .joined(separator: "_")
    }

    /// Counts years from March, so that the leap day comes last, in cycles of 400 years (146,097 days).
    private static func date(_ seconds: Int64) -> (year: Int64, month: Int64, day: Int64) {
        // 719,468 days lie between 0000-03-01 and 1970-01-01.
        let days = floorDivide(seconds, 86400) + 719_468
        let cycle = floorDivide(days, 146_097)
        let dayOfCycle = days - cycle * 146_097
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0), month, day)
    }

    private static func time(_ seconds: Int64) -> (hour: Int64, minute: Int64, second: Int64) {
        let ofDay = seconds - floorDivide(seconds, 86400) * 86400
        return (ofDay / 3600, ofDay % 3600 / 60, ofDay % 60)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : (value - divisor + 1) / divisor
    }

    private static func padded(_ number: Int64, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
