// SPDX-License-Identifier: Apache-2.0

/// DNS names as certificates carry them (RFC 5280 section 4.2.1.6, RFC 1034 section 3.5): letters, digits, hyphens, and
/// the underscores that the field uses all the same; a wildcard only as the whole first label (RFC 6125 section 6.4.3).
enum DNSNameSyntax {
    /// What is wrong with it; nil for a name that clients can match.
    static func defect(of name: String) -> String? {
        guard !name.isEmpty else { return "is empty" }
        guard name.utf8.count <= 253 else { return "has \(name.utf8.count) characters; 253 is the limit" }
        if name.hasSuffix(".") { return "ends with a dot" }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        if labels.contains("") { return "has an empty label" }
        // A TLD is never a number, so this is an address.
        if labels.last?.allSatisfy(\.isNumber) == true { return "looks like an address" }
        for (position, label) in labels.enumerated() {
            if label == "*", position == 0, labels.count > 2 { continue }
            if label.contains("*") {
                return "has a wildcard that clients do not match: only *.NAME.NAME counts"
            }
            guard label.utf8.count <= 63 else {
                return "has a label of \(label.utf8.count) characters; 63 is the limit"
            }
            guard label.utf8.allSatisfy(isAllowed) else {
                return "has characters other than letters, digits and hyphens"
            }
            if label.hasPrefix("-") || label.hasSuffix("-") {
                return "has a label that begins or ends with a hyphen"
            }
        }
        return nil
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
