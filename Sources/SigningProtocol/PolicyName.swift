// SPDX-License-Identifier: Apache-2.0

/// The name of a policy: a DNS label (RFC 1123) of at most 55 characters.
///
/// The bound is 63 characters for the volume's name, `podmint-<policy>`, less the 8 in front. `token` is refused, since
/// `podmint-token` is the volume of the agent's token.
package struct PolicyName: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// What a pod gets that names no policy.
    package static let standard = PolicyName(unchecked: "default")

    package init?(parsing text: String) {
        let bytes = Array(text.utf8)
        guard (1...55).contains(bytes.count), bytes.allSatisfy(Self.isAllowed) else { return nil }
        guard bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-"), text != "token" else {
            return nil
        }
        self.text = text
    }

    package var description: String { text }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private init(unchecked text: String) { self.text = text }
}
