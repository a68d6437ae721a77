// SPDX-License-Identifier: Apache-2.0

/// What Secrets, ConfigMaps and most other objects may be called: a DNS subdomain (RFC 1123).
package enum ObjectName {
    package static func isValid(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last, first != UInt8(ascii: "-"),
                last != UInt8(ascii: "-")
            else { return false }
            return label.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        }
    }
}
