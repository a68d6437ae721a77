// SPDX-License-Identifier: Apache-2.0

/// An amount of a resource (`100m`, `1.5Gi`, `2e3`), to be compared and added.
///
/// Kept in thousandths, rounded up, as the API server keeps CPU; amounts beyond 9 Pi are refused.
package struct Quantity: Hashable, Comparable, Sendable {
    package let thousandths: Int64

    package static let zero = Quantity(thousandths: 0)

    private init(thousandths: Int64) { self.thousandths = thousandths }

    package init?(parsing text: String) {
        guard text.utf8.count <= 64 else { return nil }
        let end = text.utf8.firstIndex { !Self.isOfNumber($0) } ?? text.endIndex
        guard let scale = Self.scale(text[end...]), let number = Double(text[..<end]) else { return nil }
        let exact = (number * scale * 1000).rounded(.up)
        guard exact < 9.2e18, let thousandths = Int64(exactly: exact) else { return nil }
        self.thousandths = thousandths
    }

    package static func < (one: Quantity, other: Quantity) -> Bool { one.thousandths < other.thousandths }

    /// Saturates: sums are only compared.
    package static func + (one: Quantity, other: Quantity) -> Quantity {
        let (sum, overflow) = one.thousandths.addingReportingOverflow(other.thousandths)
        return Quantity(thousandths: overflow ? .max : sum)
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ".")
    }

    private static func scale(_ suffix: Substring) -> Double? {
        switch suffix {
        case "": 1
        case "n": 1e-9
        case "u": 1e-6
        case "m": 1e-3
        case "k": 1e3
        case "M": 1e6
        case "G": 1e9
        case "T": 1e12
        case "P": 1e15
        case "E": 1e18
        case "Ki": 0x1p10
        case "Mi": 0x1p20
        case "Gi": 0x1p30
        case "Ti": 0x1p40
        case "Pi": 0x1p50
        case "Ei": 0x1p60
        default:
            suffix.first == "e" || suffix.first == "E" ? Double("1" + suffix) : nil
        }
    }
}
