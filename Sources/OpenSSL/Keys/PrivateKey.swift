// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Why a text is not a usable private key.
package enum KeyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It wants a passphrase, which nobody will be there to type.
    case encrypted
    /// There are blocks, but none is a private key; what the first one is.
    case notAKey(String)
    case ambiguous(count: Int)
    case pem(PEMError)
    /// The block decodes, the content does not parse as a key.
    case malformed(OpenSSLError)

    /// Nothing is known to be wrong with the key: there was no room for it.
    package var isOutOfMemory: Bool {
        if case .malformed(let error) = self { error.isOutOfMemory } else { false }
    }

    package var description: String {
        switch self {
        case .encrypted: "the private key is passphrase-protected"
        case .notAKey(let label): "holds a \(label), not a private key"
        case .ambiguous(let count): "holds \(count) private keys; which one is meant?"
        case .pem(let error): "\(error)"
        case .malformed(let error): "the private key does not parse: \(error)"
        }
    }
}

/// A private key. It stays inside OpenSSL, in the secure heap where that is on; the only way out is `withPEM`.
package final class PrivateKey: @unchecked Sendable {
    // An EVP_PKEY is reference-counted and is never changed after this object has it.
    let pointer: OpaquePointer
    package let publicKey: PublicKey

    init(owning pointer: OpaquePointer) throws(OpenSSLError) {
        self.pointer = pointer
        do {
            publicKey = try PublicKey(retaining: pointer)
        } catch {
            EVP_PKEY_free(pointer)
            throw error
        }
    }

    deinit { EVP_PKEY_free(pointer) }

    package static func generate(_ algorithm: KeyAlgorithm) throws(OpenSSLError) -> PrivateKey {
        try PrivateKey(owning: KeyGenerator.generate(algorithm))
    }

    /// PKCS#8, or the older RSA and EC forms; exactly one key, other blocks only if they are EC PARAMETERS.
    package convenience init(pem text: RawSpan) throws(KeyError) {
        let pointer = try Self.parse(pem: text)
        do { try self.init(owning: pointer) } catch { throw .malformed(error) }
    }

    package convenience init(pem secret: borrowing SecretBytes) throws(KeyError) {
        let pointer = try secret.withBytes { text throws(KeyError) in try Self.parse(pem: text) }
        do { try self.init(owning: pointer) } catch { throw .malformed(error) }
    }

    /// Lends the key as PKCS#8 PEM from memory that is wiped afterwards; it must not be copied out of `body`.
    package func withPEM<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withEncoding(
            "PEM_write_bio_PKCS8PrivateKey",
            { PEM_write_bio_PKCS8PrivateKey($0, pointer, nil, nil, 0, nil, nil) }, body)
    }

    /// The same in an owned, wiped buffer.
    package func pem() -> SecretBytes { withPEM { SecretBytes(copying: $0.bytes) } }

    /// Lends the key as PKCS#8 in DER from memory that is wiped afterwards; it must not be copied out of `body`.
    func withPKCS8<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withEncoding(
            "i2d_PKCS8PrivateKey_bio", { i2d_PKCS8PrivateKey_bio($0, pointer, nil, nil, 0, nil, nil) }, body)
    }

    /// Where the secure heap is full it is written to the common one, which is wiped all the same (`BUF_MEM_free`).
    private func withEncoding<Result: ~Copyable, Failure: Error>(
        _ operation: StaticString, _ write: (OpaquePointer) -> CInt,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let bio = Self.filled(BIO_s_secmem(), write) ?? Self.filled(BIO_s_mem(), write) else {
            // All memory is gone: a key that was made or parsed is always encodable.
            preconditionFailure("a private key cannot be encoded: \(OpenSSLError(operation))")
        }
        defer { BIO_free(bio) }
        var start: UnsafeMutablePointer<CChar>?
        let count = shim_BIO_get_mem_data(bio, &start)
        return try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    private static func filled(_ method: OpaquePointer?, _ write: (OpaquePointer) -> CInt) -> OpaquePointer? {
        ERR_clear_error()
        guard let bio = BIO_new(method) else { return nil }
        guard write(bio) == 1 else {
            BIO_free(bio)
            return nil
        }
        return bio
    }

    /// PKCS#8 in DER; refuses what follows it.
    convenience init(pkcs8 der: UnsafeRawBufferPointer) throws(OpenSSLError) {
        try self.init(owning: Self.parse(der: der))
    }

    /// Whether this is the key of that certificate (`EVP_PKEY_eq`).
    package func matches(_ certificate: Certificate) -> Bool { publicKey.equals(certificate.publicKey) }

    private static func parse(pem text: RawSpan) throws(KeyError) -> OpaquePointer {
        let block = try keyBlock(in: text)
        let der: SecretBytes
        do { der = try PEM.decode(block, in: text) } catch { throw .pem(error) }
        do { return try der.withUnsafeBytes(parse(der:)) } catch { throw .malformed(error) }
    }

    private static func keyBlock(in text: RawSpan) throws(KeyError) -> PEMBlock {
        let blocks: [PEMBlock]
        do { blocks = try PEM.blocks(in: text, limits: .privateKey) } catch { throw .pem(error) }
        guard let first = blocks.first else { throw .pem(PEMError(.noBlocks)) }
        let keys = blocks.filter(\.isPrivateKey)
        guard let key = keys.first else {
            if let defect = first.defect { throw .pem(PEMError(defect, first)) }
            throw .notAKey(first.label)
        }
        guard keys.count == 1 else { throw .ambiguous(count: keys.count) }
        if key.isEncrypted { throw .encrypted }
        return key
    }

    /// `d2i_AutoPrivateKey` reads PKCS#8 and the older forms; what follows the key is refused.
    private static func parse(der: UnsafeRawBufferPointer) throws(OpenSSLError) -> OpaquePointer {
        var cursor = der.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let end = cursor.map { $0 + der.count }
        let pointer = try openSSL("d2i_AutoPrivateKey") { d2i_AutoPrivateKey(nil, &cursor, der.count) }
        guard cursor == end else {
            EVP_PKEY_free(pointer)
            throw OpenSSLError("d2i_AutoPrivateKey", because: "bytes follow the key")
        }
        return pointer
    }
}
