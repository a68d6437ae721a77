// SPDX-License-Identifier: Apache-2.0
internal import HTTP

/// How long a request may wait for its answer: its `?timeout=` in Go's form (`5s`, `1m30s`, `500ms`), bounded by the
/// limits. A little is taken off, so that our 504 arrives before the caller has given up.
enum RequestTimeout {
    static func milliseconds(_ request: borrowing HTTPRequest, _ limits: HTTPLimits) -> Int64 {
        guard let text = request.queryValue("timeout"), let wanted = parse(text), wanted > 0 else {
            return limits.answerMilliseconds
        }
        let bounded = min(wanted, limits.answerMilliseconds)
        return bounded - min(bounded / 10, 200)
    }

    static func parse(_ text: Substring) -> Int64? {
        // A day is beyond every bound, and no sum of a few of them overflows.
        let most: Int64 = 86_400_000
        var rest = text.utf8
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
            guard digits.count > 0, digits.count <= 8, let number = Int64(Substring(digits)) else {
                return nil
            }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0 < 0x30 || $0 > 0x39 }
            rest = rest.dropFirst(unit.count)
            switch Substring(unit) {
            case "ms": total += number
            case "s": total += number * 1000
            case "m": total += number * 60_000
            case "h": total += number * 3_600_000
            default: return nil
            }
            total = min(total, most)
        }
        return total
    }
}
