// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What a plain scalar means to kubectl: YAML 1.1, so `yes`, `on` and `y` are true, `010` is eight, and a
/// date is text. A number that is whole becomes an integer even when written `1.0` or `1e3`, as it does on
/// its way through Go's JSON.
enum YAMLScalar {
    enum Failure: Error {
        case notFinite
        case beyond64Bits
    }

    static func resolve(plain text: String) throws(Failure) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return true
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return false
        case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf",
            "-.INF":
            throw .notFinite
        default: break
        }
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "."): return number(float: Array(text.utf8)) ?? .string(text)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            return try resolve(numeric: text)
        default: return .string(text)
        }
    }

    private static func resolve(numeric text: String) throws(Failure) -> JSONValue {
        let plain = text.utf8.filter { $0 != UInt8(ascii: "_") }
        switch integer(plain) {
        case .value(let value): return value
        case .tooLarge: throw .beyond64Bits
        case .none: return number(float: plain) ?? .string(text)
        }
    }

    private enum Integer {
        case value(JSONValue)
        case tooLarge
        case none
    }

    /// Sign, then decimal, or `0x`, `0o`, `0b`, or octal after a bare `0`.
    private static func integer(_ text: [UInt8]) -> Integer {
        var digits = text[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        var radix: UInt64 = 10
        if digits.count > 1, digits.first == UInt8(ascii: "0") {
            digits.removeFirst()
            switch digits.first.map({ $0 | 0x20 }) {
            case UInt8(ascii: "x"): (radix, digits) = (16, digits.dropFirst())
            case UInt8(ascii: "o"): (radix, digits) = (8, digits.dropFirst())
            case UInt8(ascii: "b"): (radix, digits) = (2, digits.dropFirst())
            default: radix = 8
            }
        }
        guard !digits.isEmpty else { return .none }
        var magnitude: UInt64 = 0
        var isTooLarge = false
        for digit in digits {
            guard let value = hexDigit(digit), value < radix else { return .none }
            let (product, overflowed) = magnitude.multipliedReportingOverflow(by: radix)
            let (sum, carried) = product.addingReportingOverflow(value)
            isTooLarge = isTooLarge || overflowed || carried
            magnitude = sum
        }
        if isTooLarge { return .tooLarge }
        guard isNegative else { return .value(JSONValue(magnitude)) }
        return magnitude <= UInt64(Int64.max) + 1
            ? .value(.integer(Int64(truncatingIfNeeded: 0 &- magnitude))) : .tooLarge
    }

    private static func hexDigit(_ digit: UInt8) -> UInt64? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(digit - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(digit - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// `[+-] (.digits | digits [. digits]) [e [+-] digits]`, and nothing that `strtod` takes beyond it.
    private static func number(float text: [UInt8]) -> JSONValue? {
        let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
        var rest = text[...]
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let whole = rest.prefix(while: isDigit)
        rest.removeFirst(whole.count)
        var fraction = rest[rest.startIndex..<rest.startIndex]
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = rest.prefix(while: isDigit)
            rest.removeFirst(fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        if let exponent = rest.first, exponent | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            guard !rest.isEmpty, rest.allSatisfy(isDigit) else { return nil }
            rest = []
        }
        guard rest.isEmpty, let double = Double(String(decoding: text, as: UTF8.self)), double.isFinite else {
            return nil
        }
        return Int64(exactly: double).map(JSONValue.integer) ?? .double(double)
    }
}
