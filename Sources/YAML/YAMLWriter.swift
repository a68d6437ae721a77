// SPDX-License-Identifier: Apache-2.0
package import JSON

/// Writes JSON values as block-style YAML the way `kubectl -o yaml` looks: two spaces, lists at their key's
/// indentation, texts of many lines as literal blocks, quotes only where a plain text would read as something
/// else.
package struct YAMLWriter {
    private var text = ""

    /// Documents apart by `---`.
    package static func write(_ documents: [JSONValue]) -> String {
        documents.map { write($0) }.joined(separator: "---\n")
    }

    package static func write(_ value: JSONValue) -> String {
        var writer = YAMLWriter()
        switch value {
        case .object(let object) where !object.isEmpty: writer.members(object, indent: 0)
        case .array(let array) where !array.isEmpty: writer.elements(array, indent: 0)
        default:
            writer.inline(value, indent: 0)
        }
        return writer.text
    }

    private mutating func members(_ object: JSONObject, indent: Int, firstIsPlaced: Bool = false) {
        for (position, (key, value)) in object.enumerated() {
            if position > 0 || !firstIsPlaced { pad(indent) }
            text += YAMLText.inline(key) + ":"
            switch value {
            case .object(let object) where !object.isEmpty:
                text += "\n"
                members(object, indent: indent + 2)
            case .array(let array) where !array.isEmpty:
                text += "\n"
                elements(array, indent: indent)
            default:
                text += " "
                inline(value, indent: indent)
            }
        }
    }

    private mutating func elements(_ array: [JSONValue], indent: Int) {
        for value in array {
            pad(indent)
            element(value, indent: indent)
        }
    }

    /// What follows the `-`: the first line of a nested list or mapping stands on the same line.
    private mutating func element(_ value: JSONValue, indent: Int) {
        text += "- "
        switch value {
        case .object(let object) where !object.isEmpty:
            members(object, indent: indent + 2, firstIsPlaced: true)
        case .array(let array) where !array.isEmpty:
            for (position, value) in array.enumerated() {
                if position > 0 { pad(indent + 2) }
                element(value, indent: indent + 2)
            }
        default: inline(value, indent: indent)
        }
    }

    private mutating func inline(_ value: JSONValue, indent: Int) {
        if case .string(let string) = value {
            text += YAMLText.block(string, indent: indent + 2) ?? YAMLText.inline(string)
        } else {
            text += value.text
        }
        if text.utf8.last != UInt8(ascii: "\n") { text += "\n" }
    }

    private mutating func pad(_ indent: Int) { text += String(repeating: " ", count: indent) }
}

/// A text in the style that suits it.
enum YAMLText {
    /// On one line: plain where that reads back as the same text, else in quotes.
    static func inline(_ text: String) -> String {
        if isPlain(text) { return text }
        let isPrintable = text.unicodeScalars.allSatisfy {
            (" "..."~").contains($0) || isPrintableBeyondASCII($0)
        }
        return isPrintable && !text.contains("'") ? "'\(text)'" : quoted(text)
    }

    /// As a literal block, if the text has lines and a block can say it exactly.
    static func block(_ text: String, indent: Int) -> String? {
        let content = text.unicodeScalars
        let newline: Unicode.Scalar = "\n"
        guard content.contains(newline), let first = content.first, first != newline, first != " ",
            first != "\t",
            content.allSatisfy({
                $0 == newline || $0 == "\t" || (" "..."~").contains($0) || isPrintableBeyondASCII($0)
            })
        else { return nil }
        let lines = content.split(separator: newline, omittingEmptySubsequences: false)
        let trailing = content.reversed().prefix { $0 == newline }.count
        let pad = String(repeating: " ", count: indent)
        var block = trailing == 0 ? "|-\n" : trailing == 1 ? "|\n" : "|+\n"
        for line in trailing == 0 ? lines[...] : lines.dropLast() {
            block += line.isEmpty ? "\n" : "\(pad)\(String(String.UnicodeScalarView(line)))\n"
        }
        return block
    }

    /// Letters, digits and harmless signs that no reader takes for a number, a date, a bool, a comment or a
    /// mapping.
    private static func isPlain(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, last != UInt8(ascii: " "),
            last != UInt8(ascii: ":")
        else {
            return false
        }
        guard case .string? = try? YAMLScalar.resolve(plain: text) else { return false }
        let startsWithDigit = isDigit(first)
        guard isLetter(first) || startsWithDigit || first == UInt8(ascii: "/") || first == UInt8(ascii: "_")
        else {
            return false
        }
        // Dates, base-60 numbers and versions of them: quoted, as other readers see more in them than kubectl
        // does.
        if startsWithDigit, !bytes.contains(where: isLetter),
            bytes.contains(where: { ":-_,".utf8.contains($0) })
        {
            return false
        }
        if startsWithDigit, bytes.count > 4, bytes[4] == UInt8(ascii: "-") { return false }
        for (position, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: ":"): if bytes[position + 1] == UInt8(ascii: " ") { return false }
            case UInt8(ascii: "#"): if bytes[position - 1] == UInt8(ascii: " ") { return false }
            default:
                guard isLetter(byte) || isDigit(byte) || plainSigns.contains(byte) else { return false }
            }
        }
        return true
    }

    private static let plainSigns = Set(" -_./@+=,;()$%^*<>?!&|~'\"\\".utf8)

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// YAML 1.1's printable characters past ASCII, less the line breaks among them and the byte order mark.
    private static func isPrintableBeyondASCII(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x2028, 0x2029, 0xFEFF: false
        case 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case " "..."~": quoted.unicodeScalars.append(scalar)
            default:
                if isPrintableBeyondASCII(scalar) {
                    quoted.unicodeScalars.append(scalar)
                } else {
                    quoted += escape(scalar)
                }
            }
        }
        return quoted + "\""
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        let pad = { (width: Int) in String(repeating: "0", count: width - digits.count) + digits }
        return digits.count <= 4 ? "\\u" + pad(4) : "\\U" + pad(8)
    }
}
