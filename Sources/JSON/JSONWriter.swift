// SPDX-License-Identifier: Apache-2.0

/// Writes JSON straight into one text, commas and colons included. What it is told to write in which order
/// is its caller's business; what comes out of strings and numbers is always valid JSON (RFC 8259) and valid
/// UTF-8.
package struct JSONWriter: ~Copyable {
    private var text: TextRoom
    private let indented: Bool
    private var needsComma = false
    private var followsKey = false
    private var depth = 0

    package init(reserving capacity: Int = 512, indented: Bool = false) {
        text = TextRoom(capacity: capacity)
        self.indented = indented
    }

    /// What has been written, as a copy.
    package var bytes: [UInt8] { text.bytes }

    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    package mutating func key(_ key: String) {
        separate()
        quote(key)
        finishKey()
    }

    package mutating func key(_ key: StaticString) {
        separate()
        unsafe quote(UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        finishKey()
    }

    package mutating func string(_ string: String) {
        separate()
        quote(string)
    }

    package mutating func string(_ string: StaticString) {
        separate()
        unsafe quote(UnsafeBufferPointer(start: string.utf8Start, count: string.utf8CodeUnitCount))
    }

    /// A string that is at hand as bytes. Those that are not UTF-8 become U+FFFD.
    package mutating func string(utf8 text: [UInt8]) { string(String(decoding: text, as: UTF8.self)) }

    package mutating func integer(_ value: some BinaryInteger) {
        separate()
        text.append(value.description)
    }

    /// The shortest text that reads back as the same double. JSON has no word for infinity or NaN: they
    /// become null.
    package mutating func double(_ value: Double) {
        separate()
        text.append(value.isFinite ? value.description : "null")
    }

    package mutating func bool(_ value: Bool) {
        separate()
        text.append(value ? "true" : "false" as StaticString)
    }

    package mutating func null() {
        separate()
        text.append("null" as StaticString)
    }

    /// A string in parts: they, and nothing else, come between these two.
    package mutating func beginString() {
        separate()
        text.append(UInt8(ascii: "\""))
    }

    package mutating func endString() { text.append(UInt8(ascii: "\"")) }

    /// A part that is known to need no escape.
    package mutating func append(unescaped part: StaticString) { text.append(part) }

    package mutating func append(_ number: Int) {
        if (0..<10).contains(number) {
            text.append(UInt8(ascii: "0") + UInt8(number))
        } else {
            text.append(number.description)
        }
    }

    /// A string of at most `most` bytes that need no escape (base64, say), appended by `append`.
    package mutating func string(unescaped most: Int, _ append: (inout OutputSpan<UInt8>) -> Void) {
        beginString()
        text.append(atMost: most, append)
        endString()
    }

    /// One value that is JSON already.
    package mutating func raw(_ json: [UInt8]) {
        separate()
        unsafe json.withUnsafeBufferPointer { unsafe text.append($0) }
    }

    /// Text that was written ahead is compact.
    var takesRendered: Bool { !indented }

    // MARK: - What simdjson has validated needs no second look

    mutating func key(utf8 key: UnsafeBufferPointer<UInt8>) {
        separate()
        unsafe quote(key)
        finishKey()
    }

    mutating func string(utf8 text: UnsafeBufferPointer<UInt8>) {
        separate()
        unsafe quote(text)
    }

    // MARK: - Punctuation

    private mutating func begin(_ bracket: UInt8) {
        separate()
        text.append(bracket)
        needsComma = false
        depth += 1
    }

    private mutating func end(_ bracket: UInt8) {
        depth -= 1
        if indented, needsComma { newLine() }
        text.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { text.append(UInt8(ascii: ",")) }
        if indented, !followsKey, depth > 0 { newLine() }
        needsComma = true
        followsKey = false
    }

    private mutating func finishKey() {
        text.append(UInt8(ascii: ":"))
        if indented { text.append(UInt8(ascii: " ")) }
        needsComma = false
        followsKey = true
    }

    private mutating func newLine() {
        text.append(UInt8(ascii: "\n"))
        for _ in 0..<2 * depth { text.append(UInt8(ascii: " ")) }
    }

    // MARK: - Strings

    private mutating func quote(_ string: String) {
        var string = string
        string.withUTF8 { unsafe quote($0) }
    }

    private mutating func quote(_ string: UnsafeBufferPointer<UInt8>) {
        text.append(UInt8(ascii: "\""))
        var plain = 0
        for position in 0..<string.count where unsafe Self.needsEscape(string[position]) {
            unsafe text.append(string, plain..<position)
            unsafe escape(string[position])
            plain = position + 1
        }
        unsafe text.append(string, plain..<string.count)
        text.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ byte: UInt8) {
        text.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(byte)
        case 0x08: text.append(UInt8(ascii: "b"))
        case 0x09: text.append(UInt8(ascii: "t"))
        case 0x0A: text.append(UInt8(ascii: "n"))
        case 0x0C: text.append(UInt8(ascii: "f"))
        case 0x0D: text.append(UInt8(ascii: "r"))
        default:
            text.append("u00" as StaticString)
            text.append(Self.hexDigits[Int(byte >> 4)])
            text.append(Self.hexDigits[Int(byte & 15)])
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}
