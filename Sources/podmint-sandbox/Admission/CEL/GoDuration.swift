// SPDX-License-Identifier: Apache-2.0

/// Durations as CEL's `duration()` reads them: `1h30m`, `1.5h`, `90s`.
enum GoDuration {
    /// Nil for what is none, and for what 64 bits of nanoseconds (292 years) cannot hold.
    static func nanoseconds(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        var rest = text[...]
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest[number.endIndex...]
            let unit = rest.prefix { $0.isLetter }
            rest = rest[unit.endIndex...]
            guard let value = Double(number), let scale = units[String(unit)] else { return nil }
            total += value * scale
        }
        return Int64(exactly: total.rounded())
    }

    private static let units: [String: Double] = [
        "ns": 1, "us": 1e3, "\u{b5}s": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]
}
