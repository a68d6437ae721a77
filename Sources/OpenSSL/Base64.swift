// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Standard base64 with padding (RFC 4648 section 4), on one line: what JSON carries in `data` and `patch`.
///
/// Refuses what RFC 4648 section 3.3 lets a decoder refuse: line breaks, blanks, other alphabets, missing padding.
/// (PEM, which has lines, is decoded by `PEM`.)
package enum Base64 {
    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    package static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let size = (bytes.count + 2) / 3 * 4
        // EVP_EncodeBlock ends with a NUL, so one byte more than the text.
        text.append(addingCapacity: size + 1) { room in
            room.withUnsafeMutableBufferPointer { buffer, filled in
                filled = Int(EVP_EncodeBlock(buffer.baseAddress, bytes, CInt(bytes.count)))
            }
        }
    }

    package static func decode(_ text: String) -> [UInt8]? {
        decode(Array(text.utf8).span.bytes)
    }

    package static func decode(_ text: RawSpan) -> [UInt8]? {
        guard let padding = padding(of: text) else { return nil }
        guard text.byteCount > 0 else { return [] }
        var done = false
        let bytes = text.withUnsafeBytes { source in
            [UInt8](unsafeUninitializedCapacity: source.count / 4 * 3) { buffer, filled in
                done = decodeBlock(source, into: UnsafeMutableRawBufferPointer(buffer))
                filled = done ? source.count / 4 * 3 - padding : 0
            }
        }
        return done ? bytes : nil
    }

    /// The same into memory that is wiped: key material never passes through an array.
    package static func decodeSecret(_ text: RawSpan) -> SecretBytes? {
        guard let padding = padding(of: text) else { return nil }
        var secret = SecretBytes(capacity: text.byteCount / 4 * 3)
        let done = secret.fill { room in
            guard text.byteCount > 0 else { return 0 }
            let done = text.withUnsafeBytes { decodeBlock($0, into: room) }
            return done ? room.count - padding : nil
        }
        guard done else { return nil }
        return secret
    }

    /// How many `=` end the text; nil when it is not base64 at all. OpenSSL's decoder takes blanks and stops at `-`,
    /// so the alphabet is checked before it is asked.
    private static func padding(of text: RawSpan) -> Int? {
        // CInt is the C functions' length; nothing near it is ever legitimate.
        guard text.byteCount % 4 == 0, text.byteCount < Int(CInt.max) else { return nil }
        return text.withUnsafeBytes { bytes -> Int? in
            var end = bytes.count
            while end > 0, bytes.count - end < 2, bytes[end - 1] == UInt8(ascii: "=") { end -= 1 }
            for byte in bytes[..<end] where !isAlphabet(byte) { return nil }
            return bytes.count - end
        }
    }

    static func isAlphabet(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }

    private static func decodeBlock(
        _ source: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let written = EVP_DecodeBlock(
            room.baseAddress?.assumingMemoryBound(to: UInt8.self),
            source.baseAddress?.assumingMemoryBound(to: UInt8.self), CInt(source.count))
        ERR_clear_error()
        return Int(written) == source.count / 4 * 3
    }
}
