// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

/// A pattern for names: `*` stands for one or more characters within one part (a DNS label, a segment of a URI), a variable
/// for what the pod has. Nothing ever crosses a separator, so `*.example.com` is one label and no more.
package struct NamePattern: Hashable, Sendable {
    private let pattern: VariableText
    private let separator: Character

    /// Refuses unknown variables, and what allows everything.
    package init?(parsing text: String, separator: Character) {
        guard text.utf8.count <= 512, text != "*", let pattern = VariableText(parsing: text) else {
            return nil
        }
        guard text.utf8.allSatisfy({ (0x21..<0x7f).contains($0) }) else { return nil }
        self.pattern = pattern
        self.separator = separator
    }

    package var text: String { pattern.text }

    package func matches(_ name: String, _ values: (NameVariable) -> [String]) -> Bool {
        // A variable's value holds no `*` that could stand for anything: Kubernetes' names have none.
        let choices = pattern.filled { variable in values(variable).filter { !$0.contains("*") } }
        return choices.contains { Self.matches(name, $0, separator) }
    }

    private static func matches(_ name: String, _ pattern: String, _ separator: Character) -> Bool {
        let given = name.split(separator: separator, omittingEmptySubsequences: false)
        let wanted = pattern.split(separator: separator, omittingEmptySubsequences: false)
        guard given.count == wanted.count else { return false }
        return zip(given, wanted).allSatisfy { matches(Array($0.utf8), Array($1.utf8)) }
    }

    /// Greedy with one place to come back to: as many steps as the product of both lengths at the worst.
    private static func matches(_ part: [UInt8], _ pattern: [UInt8]) -> Bool {
        var (at, reading) = (0, 0)
        var star: (pattern: Int, part: Int)?
        while at < part.count {
            if reading < pattern.count, pattern[reading] == UInt8(ascii: "*") {
                star = (reading, at)
                reading += 1
                at += 1
            } else if reading < pattern.count, pattern[reading] == part[at] {
                reading += 1
                at += 1
            } else if let last = star, last.part + 1 < part.count {
                star = (last.pattern, last.part + 1)
                reading = last.pattern + 1
                at = last.part + 2
            } else {
                return false
            }
        }
        return reading == pattern.count
    }
}

/// Addresses that share their first bits: `10.0.0.0/8`, `2001:db8::/32`, or one alone.
package struct AddressRange: Hashable, Sendable {
    private let bytes: [UInt8]
    private let bits: Int

    /// Refuses what is no address, a prefix longer than it, and bits set past the prefix.
    package init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, case .ip(let bytes)? = SubjectAlternativeName.ip(parsing: String(parts[0]))
        else {
            return nil
        }
        var bits = bytes.count * 8
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let given = Int(parts[1]), given <= bits
            else { return nil }
            bits = given
        }
        self.bytes = bytes
        self.bits = bits
        guard Self.masked(bytes, bits) == bytes else { return nil }
    }

    package func contains(_ address: [UInt8]) -> Bool {
        address.count == bytes.count && Self.masked(address, bits) == bytes
    }

    private static func masked(_ bytes: [UInt8], _ bits: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(max(bits - index * 8, 0), 8)
            return kept == 0 ? 0 : byte & (0xff << UInt8(8 - kept))
        }
    }
}
