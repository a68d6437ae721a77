// SPDX-License-Identifier: Apache-2.0

/// The password of a PKCS#12 file, wiped when its owner goes; it may be empty.
package struct KeystorePassword: ~Copyable, Sendable {
    /// With the zero byte that C wants behind it.
    private let text: SecretBytes

    /// What Java's tools accept without a warning begins at 6; nobody types more than this.
    package static let longest = 1024

    package static var empty: KeystorePassword { KeystorePassword(text: terminated([UInt8]().span.bytes)) }

    /// What a file holds, without one line end behind it, which is an editor's and not the password's. Refuses what is
    /// longer than `longest`, a zero byte, and a line end in the middle.
    package init?(contents: borrowing SecretBytes) {
        let found: SecretBytes? = contents.withBytes { bytes in
            var count = bytes.byteCount
            let newline = UInt8(ascii: "\n")
            if count > 0, bytes.byte(at: count - 1) == newline { count -= 1 }
            if count > 0, count < bytes.byteCount, bytes.byte(at: count - 1) == UInt8(ascii: "\r") {
                count -= 1
            }
            let isText = (0..<count).allSatisfy { ![0, newline].contains(bytes.byte(at: $0)) }
            return count <= Self.longest && isText ? Self.terminated(bytes.extracting(first: count)) : nil
        }
        guard let found else { return nil }
        text = found
    }

    private init(text: consuming SecretBytes) { self.text = text }

    private static func terminated(_ bytes: RawSpan) -> SecretBytes {
        SecretBytes(capacity: bytes.byteCount + 1) { room in
            bytes.withUnsafeBytes { room.copyMemory(from: $0) }
            room[bytes.byteCount] = 0
            return bytes.byteCount + 1
        }
    }

    /// SHA-256, to notice a change without keeping the password.
    package var digest: [UInt8] {
        text.withBytes { Digest.sha256($0) }
    }

    /// Lends it as C wants it: the text, and its length without the zero byte.
    borrowing func withCString<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafePointer<CChar>, CInt) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try text.withUnsafeBytes { bytes throws(Failure) in
            guard let start = bytes.assumingMemoryBound(to: CChar.self).baseAddress else {
                preconditionFailure("a password without its zero byte")
            }
            return try body(start, CInt(bytes.count - 1))
        }
    }
}

extension RawSpan {
    fileprivate func byte(at index: Int) -> UInt8 { unsafeLoad(fromByteOffset: index, as: UInt8.self) }
}
