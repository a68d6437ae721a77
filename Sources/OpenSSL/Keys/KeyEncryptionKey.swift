// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// A key that other keys are stored under: 256 bits, for AES key wrap with padding (RFC 3394 as extended by RFC 5649).
///
/// Wrapping is deterministic and authenticated: the wrong KEK, or a changed byte, is told and never yields a key.
package final class KeyEncryptionKey: Sendable {
    package static let size = 32

    private let secret: SecretBytes

    /// 32 bytes as they are, or as 64 hexadecimal digits or Base64 with white space around it. Refuses all else.
    package init(reading text: borrowing SecretBytes) throws(KeyWrapError) {
        guard let secret = Self.decoded(text) else { throw .unusableKEK(bytes: text.count) }
        self.secret = secret
    }

    /// The key as PKCS#8, wrapped.
    package func wrap(_ key: PrivateKey) throws(OpenSSLError) -> [UInt8] {
        try key.withPKCS8 { der throws(OpenSSLError) in
            // RFC 5649 section 3: padded to a multiple of 8, and 8 bytes of check value before it.
            let room = (der.count + 7) / 8 * 8 + 8
            return try [UInt8](unsafeUninitializedCapacity: room) { output, written throws(OpenSSLError) in
                written = try Self.run(isWrapping: true, secret, der, output.baseAddress)
            }
        }
    }

    package func unwrap(_ wrapped: [UInt8]) throws(KeyWrapError) -> PrivateKey {
        guard wrapped.count >= 24, wrapped.count % 8 == 0, wrapped.count <= Self.longest else {
            throw .malformed(bytes: wrapped.count)
        }
        var der = SecretBytes(capacity: wrapped.count)
        let isUnwrapped = der.fill { room in
            wrapped.withUnsafeBytes { input in
                try? Self.run(
                    isWrapping: false, secret, input, room.baseAddress?.assumingMemoryBound(to: UInt8.self))
            }
        }
        ERR_clear_error()
        guard isUnwrapped else { throw .wrongKEK }
        do { return try der.withUnsafeBytes { der throws(OpenSSLError) in try PrivateKey(pkcs8: der) } } catch
        {
            throw .notAKey(error)
        }
    }

    /// An RSA-8192 key is 4.7 kB of PKCS#8.
    private static let longest = 16 * 1024

    private static func run(
        isWrapping: Bool, _ secret: borrowing SecretBytes, _ input: UnsafeRawBufferPointer,
        _ output: UnsafeMutablePointer<UInt8>?
    ) throws(OpenSSLError) -> Int {
        let context = try openSSL("EVP_CIPHER_CTX_new") { EVP_CIPHER_CTX_new() }
        defer { EVP_CIPHER_CTX_free(context) }
        EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW)
        try secret.withUnsafeBytes { key throws(OpenSSLError) in
            try check("EVP_CipherInit_ex") {
                EVP_CipherInit_ex(
                    context, EVP_aes_256_wrap_pad(), nil,
                    key.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    nil, isWrapping ? 1 : 0)
            }
        }
        var written: CInt = 0
        try check("EVP_CipherUpdate") {
            EVP_CipherUpdate(
                context, output, &written, input.baseAddress?.assumingMemoryBound(to: UInt8.self),
                CInt(input.count))
        }
        return Int(written)
    }

    private static func decoded(_ text: borrowing SecretBytes) -> SecretBytes? {
        if text.count == size { return text.withBytes { SecretBytes(copying: $0) } }
        return text.withUnsafeBytes { bytes -> SecretBytes? in
            let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0d).contains($0) }
            guard let start = bytes.firstIndex(where: { !isBlank($0) }),
                let end = bytes.lastIndex(where: { !isBlank($0) })
            else { return nil }
            let trimmed = UnsafeRawBufferPointer(rebasing: bytes[start...end])
            if trimmed.count == 2 * size, trimmed.allSatisfy({ digit($0) != nil }) {
                return hexadecimal(trimmed)
            }
            guard let decoded = Base64.decodeSecret(trimmed.bytes) else { return nil }
            guard decoded.count == size else { return nil }
            return decoded
        }
    }

    private static func hexadecimal(_ digits: UnsafeRawBufferPointer) -> SecretBytes {
        var secret = SecretBytes(capacity: size)
        _ = secret.fill { room in
            for index in 0..<size {
                room[index] = (digit(digits[2 * index]) ?? 0) << 4 | (digit(digits[2 * index + 1]) ?? 0)
            }
            return size
        }
        return secret
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// Why a wrapped key stays wrapped.
package enum KeyWrapError: Error, Hashable, Sendable, CustomStringConvertible {
    case unusableKEK(bytes: Int)
    case malformed(bytes: Int)
    /// The check value does not come out: another KEK, or a byte that was changed.
    case wrongKEK
    case notAKey(OpenSSLError)

    /// Nothing is known to be wrong with the key: there was no room for it.
    package var isOutOfMemory: Bool {
        if case .notAKey(let error) = self { error.isOutOfMemory } else { false }
    }

    package var description: String {
        switch self {
        case .unusableKEK(let bytes):
            "the key encryption key has \(bytes) bytes and is neither 32 bytes nor 64 hexadecimal digits nor Base64 of 32 bytes"
        case .malformed(let bytes): "\(bytes) bytes are no wrapped key (RFC 5649)"
        case .wrongKEK: "it was wrapped with another key encryption key, or was changed since"
        case .notAKey(let error): "what was wrapped is no private key: \(error)"
        }
    }
}
