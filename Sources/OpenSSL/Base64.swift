// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Standard base64 with padding (RFC 4648 section 4), on one line: what JSON carries in `data` and `patch`.
///
/// Refuses what RFC 4648 section 3.3 lets a decoder refuse: line breaks, blanks, other alphabets, missing padding.
/// (PEM, which has lines, is decoded by `PEM`.)
package enum Base64 {
    package static func encode(_ bytes: [UInt8]) -> String {
        let text = [UInt8](capacity: size(of: bytes)) { append(bytes, to: &$0) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Room that the text of these takes in `append`: OpenSSL ends it with a NUL.
    package static func size(of bytes: [UInt8]) -> Int { (bytes.count + 2) / 3 * 4 + 1 }

    package static func append(_ bytes: [UInt8], to text: inout OutputSpan<UInt8>) {
        precondition(text.freeCapacity >= size(of: bytes), "too little room for base64")
        text.withUnsafeMutableBufferPointer { room, filled in
            let free = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: room[filled...]))
            bytes.withUnsafeBytes { filled += encode($0, into: free) }
        }
    }

    /// Six bytes at a time through `pairs`, and the last few by OpenSSL, which takes one character at a time: for a patch
    /// of 3 kB that alone would be a sixth of a review.
    private static func encode(_ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer)
        -> Int
    {
        var (read, written) = (0, 0)
        pairs.withUnsafeBufferPointer { pairs in
            while bytes.count - read >= 8 {
                let word = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: read, as: UInt64.self))
                func pair(_ shift: UInt64) -> UInt64 { UInt64(pairs[Int(word &>> shift & 0xFFF)]) }
                let text = pair(52) | pair(40) &<< 16 | pair(28) &<< 32 | pair(16) &<< 48
                room.storeBytes(of: UInt64(littleEndian: text), toByteOffset: written, as: UInt64.self)
                read += 6
                written += 8
            }
        }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[read...])
        return written
            + Int(
                EVP_EncodeBlock(
                    room.baseAddress?.advanced(by: written).assumingMemoryBound(to: UInt8.self),
                    rest.baseAddress?.assumingMemoryBound(to: UInt8.self), CInt(rest.count)))
    }

    /// The two characters of each twelve bits, the first in the lower byte.
    private static let pairs: [UInt16] = {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return (0..<4096).map { bits in
            UInt16(alphabet[bits >> 6]) | UInt16(alphabet[bits & 63]) << 8
        }
    }()

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
