// SPDX-License-Identifier: Apache-2.0

/// Writes JSON straight into one array, commas and colons included. What it is told to write in which order
/// is its caller's business; what comes out of strings and numbers is always valid JSON (RFC 8259) and valid
/// UTF-8.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private let indented: Bool
    private var needsComma = false
    private var followsKey = false
    private var depth = 0

    package init(reserving capacity: Int = 512, indented: Bool = false) {
        bytes.reserveCapacity(capacity)
        self.indented = indented
    }

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

    package mutating func string(_ text: String) {
        separate()
        quote(text)
    }

    package mutating func string(_ text: StaticString) {
        separate()
        unsafe quote(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// A string that is at hand as bytes. Those that are not UTF-8 become U+FFFD.
    package mutating func string(utf8 text: [UInt8]) { string(String(decoding: text, as: UTF8.self)) }

    package mutating func integer(_ value: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    /// The shortest text that reads back as the same double. JSON has no word for infinity or NaN: they
    /// become null.
    package mutating func double(_ value: Double) {
        separate()
        bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
    }

    package mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    package mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// A string of about `count` bytes that need no escape (base64, say), appended by `append`.
    package mutating func string(unescaped count: Int, _ append: (inout [UInt8]) -> Void) {
        separate()
        reserve(count + 2)
        bytes.append(UInt8(ascii: "\""))
        append(&bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// One value that is JSON already.
    package mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Text that was written ahead is compact.
    var takesRendered: Bool { !indented }

    /// Room for that much more, growing as an array does by itself: by doubling.
    private mutating func reserve(_ count: Int) {
        guard bytes.capacity - bytes.count < count else { return }
        bytes.reserveCapacity(max(bytes.count + count, 2 * bytes.capacity))
    }

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
        bytes.append(bracket)
        needsComma = false
        depth += 1
    }

    private mutating func end(_ bracket: UInt8) {
        depth -= 1
        if indented, needsComma { newLine() }
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        if indented, !followsKey, depth > 0 { newLine() }
        needsComma = true
        followsKey = false
    }

    private mutating func finishKey() {
        bytes.append(UInt8(ascii: ":"))
        if indented { bytes.append(UInt8(ascii: " ")) }
        needsComma = false
        followsKey = true
    }

    private mutating func newLine() {
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    // MARK: - Strings

    private mutating func quote(_ text: String) {
        var text = text
        text.withUTF8 { unsafe quote($0) }
    }

    private mutating func quote(_ text: UnsafeBufferPointer<UInt8>) {
        reserve(text.count + 2)
        bytes.append(UInt8(ascii: "\""))
        var plain = 0
        for position in 0..<text.count where unsafe Self.needsEscape(text[position]) {
            unsafe bytes.append(contentsOf: text[plain..<position])
            unsafe escape(text[position])
            plain = position + 1
        }
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[plain...]))
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(Self.hexDigits[Int(byte >> 4)])
            bytes.append(Self.hexDigits[Int(byte & 15)])
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}
