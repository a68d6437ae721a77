// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Synchronization

/// Reads the key of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) with decoders that are set up once and kept.
///
/// OpenSSL 3.0 sets a decoder up for each certificate and each request it parses: it goes through all decoders of all
/// providers, which takes 120 µs, and decoding then 10 to 30.
enum PublicKeyDecoder {
    /// `encoded` is an `X509_PUBKEY *`; the result is an `EVP_PKEY *` of the caller's.
    static func key(in encoded: OpaquePointer?) throws(OpenSSLError) -> OpaquePointer {
        let der = try encode("i2d_X509_PUBKEY") { i2d_X509_PUBKEY(encoded, $0) }
        var name: OpaquePointer?
        try check("X509_PUBKEY_get0_param") { X509_PUBKEY_get0_param(&name, nil, nil, nil, encoded) }
        let kind = OBJ_obj2nid(name)
        guard kept.contains(kind) else { return try once(der) }
        let decoder: PreparedDecoder
        if let lent = idle.withLock({ $0[kind]?.popLast() }) {
            decoder = lent
        } else {
            decoder = try PreparedDecoder(for: kind)
        }
        // One that has failed is not asked again: what it holds then is OpenSSL's own affair.
        let key = try decoder.key(der)
        idle.withLock { idle in
            if idle[kind, default: []].count < mostIdle { idle[kind, default: []].append(decoder) }
        }
        return key
    }

    private static let kept: Set<CInt> = [NID_rsaEncryption, NID_X9_62_id_ecPublicKey, NID_ED25519]
    /// As many as threads that parse at once; some 30 kB each.
    private static let mostIdle = 4
    private static let idle = Mutex<[CInt: [PreparedDecoder]]>([:])

    /// Of a kind that is hardly ever met.
    private static func once(_ der: [UInt8]) throws(OpenSSLError) -> OpaquePointer {
        try openSSL("d2i_PUBKEY") {
            der.withUnsafeBufferPointer { bytes in
                var cursor = bytes.baseAddress
                guard let key = d2i_PUBKEY(nil, &cursor, bytes.count) else { return nil }
                guard cursor == bytes.baseAddress.map({ $0 + bytes.count }) else {
                    EVP_PKEY_free(key)
                    return nil
                }
                return key
            }
        }
    }
}

/// An `OSSL_DECODER_CTX` for public keys of one algorithm, for one caller at a time.
private final class PreparedDecoder: @unchecked Sendable {
    // Either idle, under the lock of `PublicKeyDecoder`, or with the one who took it out.
    private let context: OpaquePointer
    /// Where the context leaves the key it has read.
    private let slot: UnsafeMutablePointer<OpaquePointer?>

    init(for algorithm: CInt) throws(OpenSSLError) {
        let slot = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: 1)
        slot.initialize(to: nil)
        do throws(OpenSSLError) {
            context = try openSSL("OSSL_DECODER_CTX_new_for_pkey") {
                shim_OSSL_DECODER_CTX_new_for_public_key(slot, algorithm)
            }
        } catch {
            slot.deallocate()
            throw error
        }
        self.slot = slot
    }

    deinit {
        OSSL_DECODER_CTX_free(context)
        EVP_PKEY_free(slot.pointee)
        slot.deallocate()
    }

    func key(_ der: [UInt8]) throws(OpenSSLError) -> OpaquePointer {
        var left = der.count
        let decoded = try openSSL("OSSL_DECODER_from_data") {
            der.withUnsafeBufferPointer { bytes in
                var cursor = bytes.baseAddress
                return OSSL_DECODER_from_data(context, &cursor, &left) == 1 ? slot.pointee : nil
            }
        }
        guard left == 0 else { throw OpenSSLError("OSSL_DECODER_from_data", because: "bytes follow the key") }
        slot.pointee = nil
        return decoded
    }
}
