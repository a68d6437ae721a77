// SPDX-License-Identifier: Apache-2.0

/// A moment as the Kubernetes API writes it: RFC 3339, UTC, whole seconds.
///
/// Fractions of a second are read and dropped (`metav1.MicroTime` has six digits). Refuses leap seconds, dates that
/// no calendar has, and years outside 1...9999.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let secondsSinceEpoch: Int64

    package init(secondsSinceEpoch: Int64) { self.secondsSinceEpoch = secondsSinceEpoch }

    /// Reads `2026-11-22T01:30:28Z`, with an optional fraction and either `Z` or an offset (RFC 3339 section 5.6).
    package init?(parsing text: String) {
        var reader = Reader(rest: text.utf8[...])
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T") || reader.skip("t"), let hour = reader.number(2),
            reader.skip(":"), let minute = reader.number(2), reader.skip(":"), let second = reader.number(2),
            reader.skipFraction(), let offset = reader.offset(), reader.rest.isEmpty,
            (1...9999).contains(year), hour < 24, minute < 60, second < 60
        else { return nil }
        guard let days = CivilDate(year: year, month: month, day: day)?.daysSinceEpoch else { return nil }
        secondsSinceEpoch = Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)
    }

    package var description: String {
        let (days, remainder) = secondsSinceEpoch.quotientAndRemainder(dividingBy: 86_400)
        let second = Int(remainder < 0 ? remainder + 86_400 : remainder)
        let date = CivilDate(daysSinceEpoch: Int(remainder < 0 ? days - 1 : days))
        let day = "\(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))-\(Self.padded(date.day, 2))"
        let clock = [second / 3600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }
        return "\(day)T\(clock.joined(separator: ":"))Z"
    }

    package static func < (one: Timestamp, other: Timestamp) -> Bool {
        one.secondsSinceEpoch < other.secondsSinceEpoch
    }

    package func adding(seconds: Int64) -> Timestamp {
        Timestamp(secondsSinceEpoch: secondsSinceEpoch + seconds)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// A day of the proleptic Gregorian calendar. Years are counted from March, so that the leap day ends its year.
private struct CivilDate {
    let year, month, day: Int

    /// Refuses a day that its month does not have.
    init?(year: Int, month: Int, day: Int) {
        guard (1...12).contains(month) else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...days[month - 1]).contains(day) else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    init(daysSinceEpoch: Int) {
        let shifted = daysSinceEpoch + Self.daysToEpoch
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - Self.daysToEpoch
    }

    /// From 1 March of year 0 to 1 January 1970; 400 years have 146,097 days.
    private static let daysToEpoch = 719_468
}

private struct Reader {
    var rest: Substring.UTF8View

    mutating func number(_ digits: Int) -> Int? {
        let taken = rest.prefix(digits)
        guard taken.count == digits, taken.allSatisfy(Self.isDigit) else { return nil }
        rest = rest.dropFirst(digits)
        return Int(Substring(taken))
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Absent is fine; a point without digits is not.
    mutating func skipFraction() -> Bool {
        guard skip(".") else { return true }
        let digits = rest.prefix(while: Self.isDigit)
        rest = rest[digits.endIndex...]
        return !digits.isEmpty
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
