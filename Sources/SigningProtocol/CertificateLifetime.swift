// SPDX-License-Identifier: Apache-2.0

/// How long a leaf lives: 5 minutes to 91 days, counted from its issuance.
package struct CertificateLifetime: Hashable, Sendable {
    package let seconds: Int64

    package static let minimum = CertificateLifetime(unchecked: 5 * 60)
    package static let maximum = CertificateLifetime(unchecked: 91 * 24 * 3600)
    /// How far a leaf's `notBefore` lies before its issuance, in seconds, for clocks that are slow. Never before its issuer's.
    package static let backdating: Int64 = 5 * 60
    package static let standard = CertificateLifetime(unchecked: 24 * 3600)

    /// Refuses what is out of range.
    package init?(seconds: Int64) {
        guard (Self.minimum.seconds...Self.maximum.seconds).contains(seconds) else { return nil }
        self.seconds = seconds
    }

    /// Refuses what is no duration text or out of range.
    package init?(parsing text: String) {
        guard let seconds = DurationText.seconds(in: text) else { return nil }
        self.init(seconds: seconds)
    }

    package var text: String { DurationText.text(seconds: seconds) }

    private init(unchecked seconds: Int64) { self.seconds = seconds }
}

/// Durations as Go writes them (`24h`, `1h30m`, `1.5h`, `90s`), read down to whole seconds.
///
/// Refuses signs, spaces, bare numbers other than `0`, and what exceeds 292 years.
package enum DurationText {
    package static func seconds(in text: String) -> Int64? {
        if text == "0" { return 0 }
        var rest = text.utf8[...]
        guard !rest.isEmpty, rest.count <= 64 else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            guard let part = nextPart(&rest) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow else { return nil }
            total = sum
        }
        return total / nanosecondsPerSecond
    }

    /// The shortest text of whole units: `86400` becomes `24h`, `5400` becomes `1h30m`.
    package static func text(seconds: Int64) -> String {
        guard seconds > 0 else { return "0s" }
        var text = ""
        if seconds >= 3600 { text += "\(seconds / 3600)h" }
        if seconds % 3600 >= 60 { text += "\(seconds % 3600 / 60)m" }
        if seconds % 60 > 0 { text += "\(seconds % 60)s" }
        return text
    }

    /// One `<digits>[.<digits>]<unit>` in nanoseconds, taken off the front.
    private static func nextPart(_ rest: inout Substring.UTF8View) -> Int64? {
        let whole = digits(&rest)
        var fraction = ""[...].utf8
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = digits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        guard let unit = unit(&rest), let units = whole.isEmpty ? 0 : Int64(Substring(whole)) else {
            return nil
        }
        var (value, overflow) = units.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        var scale = unit
        for digit in fraction {
            scale /= 10
            (value, overflow) = value.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")) * scale)
            guard !overflow else { return nil }
        }
        return value
    }

    private static func digits(_ rest: inout Substring.UTF8View) -> Substring.UTF8View {
        let taken = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest[taken.endIndex...]
        return taken
    }

    private static func unit(_ rest: inout Substring.UTF8View) -> Int64? {
        let name = rest.prefix {
            $0 != UInt8(ascii: ".") && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        rest = rest[name.endIndex...]
        return switch String(Substring(name)) {
        case "h": 3600 * nanosecondsPerSecond
        case "m": 60 * nanosecondsPerSecond
        case "s": nanosecondsPerSecond
        case "ms": 1_000_000
        case "us", "\u{b5}s", "\u{3bc}s": 1000
        case "ns": 1
        default: nil
        }
    }

    private static let nanosecondsPerSecond: Int64 = 1_000_000_000
}
