// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// What kind of key it is, in words people know.
package enum PublicKeyKind: Hashable, Sendable, CustomStringConvertible {
    case rsa(bits: Int)
    case ec(curve: String, bits: Int)
    case ed25519
    case other(String)

    package var description: String {
        switch self {
        case .rsa(let bits): "RSA-\(bits)"
        case .ec(let curve, _): "ECDSA \(curve)"
        case .ed25519: "Ed25519"
        case .other(let name): name
        }
    }
}

/// Why a key is computed with nowhere: those who make such keys want others to work.
package enum KeyObjection: String, Sendable {
    /// Crafted curves attack the arithmetic (CVE-2020-0601, CVE-2022-0778).
    case explicitCurve = "spells out its curve instead of naming it"
    /// Each signature takes as long as the private key's own work; OpenSSL itself stops only above 3072 bits. Go reads none of more
    /// than 31 bits (crypto/rsa).
    case longExponent = "is RSA with an exponent of more than 31 bits"
    /// Milliseconds for a signature. Go's TLS refuses them (CVE-2023-29409).
    case longModulus = "is RSA with more than 8192 bits"
    /// Milliseconds for a signature, and no TLS client offers them.
    case binaryCurve = "is on a curve over a binary field, which TLS has given up (RFC 8422 section 5.1.1)"
    /// DSA and what else OpenSSL knows: without bounds of ours.
    case otherKind = "is of a kind that no TLS certificate has"
}

/// The public half of a key, with the encoded bits kept beside it: OpenSSL's encoders are slow (100 µs and more),
/// and a certificate for this key needs just those bits.
package final class PublicKey: @unchecked Sendable {
    // An EVP_PKEY is reference-counted and is never changed after this object has it.
    let pointer: OpaquePointer
    package let kind: PublicKeyKind
    /// No signature is ever checked with such a key.
    package let objection: KeyObjection?
    /// The `subjectPublicKey` bits of RFC 5280 section 4.1.2.7.
    let bits: [UInt8]

    /// Takes a reference of its own on `pointer`; `encoded` is an `X509_PUBKEY *` of the same key.
    convenience init(retaining pointer: OpaquePointer, encoded: OpaquePointer) throws(OpenSSLError) {
        var bits: UnsafePointer<UInt8>?
        var count: CInt = 0
        try check("X509_PUBKEY_get0_param") { X509_PUBKEY_get0_param(nil, &bits, &count, nil, encoded) }
        try self.init(retaining: pointer, bits: Array(UnsafeBufferPointer(start: bits, count: Int(count))))
    }

    /// Of an `X509_PUBKEY *` whose key has not been parsed.
    convenience init(decoding encoded: OpaquePointer?) throws(OpenSSLError) {
        guard let encoded else { throw OpenSSLError("X509_PUBKEY", because: "there is no public key") }
        let key = try PublicKeyDecoder.key(in: encoded)
        defer { EVP_PKEY_free(key) }
        try self.init(retaining: key, encoded: encoded)
    }

    private init(retaining pointer: OpaquePointer, bits: [UInt8]) throws(OpenSSLError) {
        self.bits = bits
        try check("EVP_PKEY_up_ref") { EVP_PKEY_up_ref(pointer) }
        self.pointer = pointer
        kind = Self.kind(of: pointer)
        objection = Self.objection(to: pointer, kind)
    }

    /// Of a key that has no encoded form yet. For the kinds whose bits are just its public value OpenSSL lends them; else they
    /// come out of its encoder, which also parses them again (`X509_PUBKEY_set`, 300 µs and more).
    convenience init(retaining pointer: OpaquePointer) throws(OpenSSLError) {
        if let bits = Self.publicValue(of: pointer) {
            try self.init(retaining: pointer, bits: bits)
            return
        }
        var encoded: OpaquePointer?
        try check("X509_PUBKEY_set") { X509_PUBKEY_set(&encoded, pointer) }
        guard let encoded else { throw OpenSSLError("X509_PUBKEY_set") }
        defer { X509_PUBKEY_free(encoded) }
        try self.init(retaining: pointer, encoded: encoded)
    }

    deinit { EVP_PKEY_free(pointer) }

    /// SHA-256 over the DER SubjectPublicKeyInfo: the same number `openssl pkey -pubout -outform der | sha256sum` gives.
    package var spkiSHA256: [UInt8] {
        var size = 0
        guard let encoded = X509_PUBKEY_new() else { return [] }
        defer { X509_PUBKEY_free(encoded) }
        guard (try? write(to: encoded)) != nil,
            let der = try? encode("i2d_X509_PUBKEY", { i2d_X509_PUBKEY(encoded, $0) })
        else {
            // A kind that podmint does not issue for: ask the slow encoder.
            var der: UnsafeMutablePointer<UInt8>?
            size = Int(i2d_PUBKEY(pointer, &der))
            defer { CRYPTO_free(der, #file, CInt(#line)) }
            guard size > 0 else { return [] }
            return Digest.sha256(Array(UnsafeBufferPointer(start: der, count: size)))
        }
        return Digest.sha256(der)
    }

    /// RFC 7093 method 1: the first 160 bits of SHA-256 over the key's bits.
    var keyIdentifier: [UInt8] { Array(Digest.sha256(bits).prefix(20)) }

    package func equals(_ other: PublicKey) -> Bool {
        defer { ERR_clear_error() }
        return EVP_PKEY_eq(pointer, other.pointer) == 1
    }

    /// Writes algorithm and bits straight into a certificate's `X509_PUBKEY` (`X509_PUBKEY_set0_param`).
    func write(to encoded: OpaquePointer?) throws(OpenSSLError) {
        let algorithm: CInt
        let parameterType: CInt
        var parameter: UnsafeMutableRawPointer?
        switch kind {
        case .rsa:
            (algorithm, parameterType) = (NID_rsaEncryption, V_ASN1_NULL)
        case .ed25519:
            (algorithm, parameterType) = (NID_ED25519, V_ASN1_UNDEF)
        case .ec(let curve, _) where objection == nil:
            let curveID = EC_curve_nist2nid(curve)
            guard curveID != NID_undef else { fallthrough }
            (algorithm, parameterType) = (NID_X9_62_id_ecPublicKey, V_ASN1_OBJECT)
            parameter = OBJ_nid2obj(curveID).map { UnsafeMutableRawPointer($0) }
        default:
            throw OpenSSLError("X509_PUBKEY_set0_param", because: "no certificates are made for \(kind) keys")
        }
        // The copy becomes OpenSSL's on success only.
        let copy = try openSSL("CRYPTO_memdup") { CRYPTO_memdup(bits, bits.count, #file, CInt(#line)) }
        ERR_clear_error()
        let written = X509_PUBKEY_set0_param(
            encoded, OBJ_nid2obj(algorithm), parameterType, parameter,
            copy.assumingMemoryBound(to: UInt8.self), CInt(bits.count))
        guard written == 1 else {
            CRYPTO_free(copy, #file, CInt(#line))
            throw OpenSSLError("X509_PUBKEY_set0_param")
        }
    }

    /// `EVP_PKEY_get1_encoded_public_key`: an EC point (SEC 1 section 2.3.3), an Ed25519 key's 32 bytes (RFC 8410 section 4).
    private static func publicValue(of pointer: OpaquePointer) -> [UInt8]? {
        guard [EVP_PKEY_EC, EVP_PKEY_ED25519].contains(EVP_PKEY_get_base_id(pointer)) else { return nil }
        defer { ERR_clear_error() }
        var start: UnsafeMutablePointer<UInt8>?
        let count = EVP_PKEY_get1_encoded_public_key(pointer, &start)
        guard count > 0, let start else { return nil }
        defer { CRYPTO_free(start, #file, CInt(#line)) }
        return Array(UnsafeBufferPointer(start: start, count: count))
    }

    private static func kind(of pointer: OpaquePointer) -> PublicKeyKind {
        defer { ERR_clear_error() }
        let bits = Int(EVP_PKEY_get_bits(pointer))
        switch EVP_PKEY_get_base_id(pointer) {
        case EVP_PKEY_RSA: return .rsa(bits: bits)
        case EVP_PKEY_ED25519: return .ed25519
        case EVP_PKEY_EC:
            guard let group = text(OSSL_PKEY_PARAM_GROUP_NAME, of: pointer) else {
                return .ec(curve: unnamedCurve, bits: bits)
            }
            let nist = EC_curve_nid2nist(OBJ_txt2nid(group)).map { String(cString: $0) }
            return .ec(curve: nist ?? group, bits: bits)
        default:
            return .other(EVP_PKEY_get0_type_name(pointer).map { String(cString: $0) } ?? "unknown")
        }
    }

    private static let unnamedCurve = "with explicit parameters"

    private static func objection(to pointer: OpaquePointer, _ kind: PublicKeyKind) -> KeyObjection? {
        defer { ERR_clear_error() }
        switch EVP_PKEY_get_base_id(pointer) {
        case EVP_PKEY_EC:
            guard case .ec(let curve, _) = kind else { return .explicitCurve }
            return objection(toCurve: curve, of: pointer)
        // One arithmetic, whatever the padding is.
        case EVP_PKEY_RSA, EVP_PKEY_RSA_PSS:
            if Int(EVP_PKEY_get_bits(pointer)) > KeyRequirement.rsaBits.upperBound { return .longModulus }
            var exponent: OpaquePointer?
            guard EVP_PKEY_get_bn_param(pointer, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 else {
                return .longExponent
            }
            defer { BN_free(exponent) }
            return BN_num_bits(exponent) > 31 ? .longExponent : nil
        case EVP_PKEY_ED25519, EVP_PKEY_ED448: return nil
        default: return .otherKind
        }
    }

    private static func objection(toCurve curve: String, of pointer: OpaquePointer) -> KeyObjection? {
        var explicit: CInt = 0
        let known = EVP_PKEY_get_int_param(
            pointer, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit)
        guard known == 1, explicit == 0, curve != unnamedCurve else { return .explicitCurve }
        if curve.hasPrefix("P-") { return nil }
        let field = text(OSSL_PKEY_PARAM_EC_FIELD_TYPE, of: pointer)
        return field == SN_X9_62_prime_field ? nil : .binaryCurve
    }

    private static func text(_ parameter: String, of pointer: OpaquePointer) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 80) { buffer in
            var size = 0
            guard let start = buffer.baseAddress,
                EVP_PKEY_get_utf8_string_param(pointer, parameter, start, buffer.count, &size) == 1
            else { return nil }
            return String(cString: start)
        }
    }
}
