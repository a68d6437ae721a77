// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

/// A pattern for names: `*` stands for one or more characters within one part (a label of a DNS name or of a URI's host, a
/// segment of a URI's path), a variable for what the pod has. Nothing ever crosses a separator, so `*.example.com` is one
/// label and no more, and what decides whose a URI is (`?`, `#`, `@`, `:`, `%`) only stands where the pattern has it.
package struct NamePattern: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case dns, uri }

    package let text: String
    private let kind: Kind
    private let pieces: [Piece]

    /// Refuses unknown variables, and what allows everything.
    package init?(parsing text: String, as kind: Kind) {
        guard text.utf8.count <= 512, text != "*", VariableText(parsing: text) != nil,
            text.utf8.allSatisfy({ (0x21..<0x7f).contains($0) })
        else { return nil }
        self.text = text
        self.kind = kind
        pieces = Self.split(text, as: kind).compactMap { piece in
            VariableText(parsing: piece.text).map { Piece(pattern: $0, alphabet: piece.alphabet) }
        }
    }

    package var variables: [NameVariable] { pieces.flatMap(\.pattern.variables) }

    package func matches(_ name: String, _ values: (NameVariable) -> [String]) -> Bool {
        if kind == .uri, Self.hasDotSegment(name) { return false }
        let given = Self.split(name, as: kind)
        return given.map(\.alphabet) == pieces.map(\.alphabet)
            && zip(pieces, given).allSatisfy { $0.matches($1.text, values) }
    }

    /// A DNS name is one piece. A URI is two: scheme and authority (RFC 3986 section 3.2), and what comes from the first
    /// slash behind it on. One without an authority is one.
    private static func split(_ text: String, as kind: Kind) -> [(text: String, alphabet: Piece.Alphabet)] {
        guard kind == .uri else { return [(text, .label)] }
        guard let marks = text.firstRange(of: "://") else { return [(text, .segment)] }
        guard let slash = text[marks.upperBound...].firstIndex(of: "/") else { return [(text, .label)] }
        return [(String(text[..<slash]), .label), (String(text[slash...]), .segment)]
    }

    /// `/team/../other` is `/other` to whoever reads it.
    private static func hasDotSegment(_ uri: String) -> Bool {
        uri.split(separator: "/").contains { $0 == "." || $0 == ".." }
    }
}

/// Text without a boundary across which `*` and variables would have another meaning.
private struct Piece: Hashable, Sendable {
    /// What `*` and a variable may stand for: none of it separates anything.
    enum Alphabet: Hashable, Sendable {
        case label
        case segment

        func holds(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"): true
            // RFC 3986: unreserved and sub-delims, less `*`.
            default: self == .segment && ".~!$&'()+,;=".utf8.contains(byte)
            }
        }
    }

    let pattern: VariableText
    let alphabet: Alphabet

    func matches(_ name: String, _ values: (NameVariable) -> [String]) -> Bool {
        let choices = pattern.filled { variable in
            // The cluster's own values have their separators; what people choose must be one part.
            variable.isOfCluster
                ? values(variable) : values(variable).filter { $0.utf8.allSatisfy(alphabet.holds) }
        }
        return choices.contains { matches(Array(name.utf8), Array($0.utf8)) }
    }

    /// Greedy with one place to come back to: as many steps as the product of both lengths at the worst. One place is
    /// enough, since `*` never passes a separator, and those stand where the pattern has them.
    private func matches(_ name: [UInt8], _ pattern: [UInt8]) -> Bool {
        var (at, reading) = (0, 0)
        var star: (pattern: Int, end: Int)?
        while at < name.count {
            if reading < pattern.count, pattern[reading] == UInt8(ascii: "*"), alphabet.holds(name[at]) {
                star = (reading, at)
                reading += 1
                at += 1
            } else if reading < pattern.count, pattern[reading] == name[at], name[at] != UInt8(ascii: "*") {
                reading += 1
                at += 1
            } else if let last = star, last.end + 1 < name.count, alphabet.holds(name[last.end + 1]) {
                star = (last.pattern, last.end + 1)
                reading = last.pattern + 1
                at = last.end + 2
            } else {
                return false
            }
        }
        return reading == pattern.count
    }
}

extension NameVariable {
    /// Whoever makes the pod has no say in it.
    fileprivate var isOfCluster: Bool {
        switch self {
        case .podIP, .hostIP, .clusterDomain, .trustDomain: true
        case .podName, .podNamespace, .podHostname, .podSubdomain, .serviceAccount, .policyName: false
        }
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
