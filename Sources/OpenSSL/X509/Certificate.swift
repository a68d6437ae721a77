// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Glibc
internal import Synchronization

/// An X.509 certificate, parsed once and never changed. Parsing proves nothing: `ChainVerifier` decides about trust.
package final class Certificate: @unchecked Sendable {
    // An X509 is reference-counted; OpenSSL fills its extension cache under its own lock.
    let pointer: OpaquePointer
    package let der: [UInt8]
    package let publicKey: PublicKey
    /// Whether the C object holds the parsed key too.
    private let isWhole: Bool
    /// Parsed once more with its key, once somebody has needed that.
    private let twin = Mutex<WholeCertificate?>(nil)

    /// Exactly one certificate with a public key that OpenSSL understands; refuses bytes behind it.
    package convenience init(der: [UInt8]) throws(OpenSSLError) {
        try self.init(der: der.span.bytes)
    }

    package convenience init(der: RawSpan) throws(OpenSSLError) {
        try self.init(der: der, in: KeylessContext.shared)
    }

    init(der: RawSpan, in context: KeylessContext?) throws(OpenSSLError) {
        let pointer = try Self.parse(der, in: context)
        self.pointer = pointer
        isWhole = context == nil
        do throws(OpenSSLError) {
            self.der = try encode("i2d_X509") { i2d_X509(pointer, $0) }
            publicKey =
                if context == nil { try Self.parsedKey(of: pointer) } else {
                    try PublicKey(decoding: X509_get_X509_PUBKEY(pointer))
                }
        } catch {
            X509_free(pointer)
            throw error
        }
        // Fills its cache of extensions. That no fingerprint can be taken is an error to OpenSSL, and none here.
        X509_check_purpose(pointer, -1, 0)
        ERR_clear_error()
    }

    /// A reference of its own on a certificate that OpenSSL lends.
    convenience init(sharing pointer: OpaquePointer) throws(OpenSSLError) {
        try check("X509_up_ref") { X509_up_ref(pointer) }
        try self.init(owning: pointer)
    }

    init(owning pointer: OpaquePointer) throws(OpenSSLError) {
        self.pointer = pointer
        do throws(OpenSSLError) {
            der = try encode("i2d_X509") { i2d_X509(pointer, $0) }
            publicKey = try Self.parsedKey(of: pointer)
        } catch {
            X509_free(pointer)
            throw error
        }
        isWhole = true
    }

    /// Just made for this key: the C object holds the key's bits but no parsed key, which would take 100 µs.
    init(owning pointer: OpaquePointer, madeFor publicKey: PublicKey) throws(OpenSSLError) {
        self.pointer = pointer
        self.publicKey = publicKey
        isWhole = false
        do throws(OpenSSLError) {
            der = try encode("i2d_X509") { i2d_X509(pointer, $0) }
        } catch {
            X509_free(pointer)
            throw error
        }
    }

    deinit { X509_free(pointer) }

    /// An `X509 *` with the parsed key inside, for C functions that look for it there; it lives as long as this object.
    func whole() throws(OpenSSLError) -> OpaquePointer {
        if isWhole { return pointer }
        return try twin.withLock { twin throws(OpenSSLError) in
            if let twin { return twin }
            let made = try WholeCertificate(der: der)
            twin = made
            return made
        }.pointer
    }

    package var pem: String { PEM.text(label: "CERTIFICATE", der: der) }
    package var sha256: [UInt8] { Digest.sha256(der) }

    /// SHA-256 of a set of certificates, whatever their order.
    package static func digest(ofSet certificates: [Certificate]) -> [UInt8] {
        let digests = Set(certificates.map { Digest.hex($0.sha256) }).sorted()
        return Digest.sha256(Array(digests.joined().utf8))
    }

    /// 1, 2 or 3.
    package var version: Int { X509_get_version(pointer) + 1 }
    /// RFC 2253 order (`CN=leaf,O=Example`), UTF-8, control characters escaped.
    package var subject: String { DistinguishedName.text(X509_get_subject_name(pointer)) }
    package var issuer: String { DistinguishedName.text(X509_get_issuer_name(pointer)) }
    /// The subject's last (most specific) common name.
    package var commonName: String? { DistinguishedName.commonName(X509_get_subject_name(pointer)) }
    package var hasSubject: Bool { X509_NAME_entry_count(X509_get_subject_name(pointer)) > 0 }

    /// The serial number's magnitude, `-` before it where it is negative (which RFC 5280 forbids).
    package var serialHex: String {
        guard let serial = X509_get0_serialNumber(pointer), let number = ASN1_INTEGER_to_BN(serial, nil)
        else {
            return "?"
        }
        defer { BN_free(number) }
        guard let text = BN_bn2hex(number) else { return "?" }
        defer { CRYPTO_free(text, #file, CInt(#line)) }
        return String(cString: text).lowercased()
    }

    /// Seconds since the epoch; both ends belong to the validity (RFC 5280 section 4.1.2.5).
    package var notBefore: Int64 { Self.seconds(X509_get0_notBefore(pointer)) }
    package var notAfter: Int64 { Self.seconds(X509_get0_notAfter(pointer)) }

    package var publicKeyInfoSHA256: [UInt8] { publicKey.spkiSHA256 }

    package var signatureAlgorithm: SignatureAlgorithm {
        var digest = NID_undef
        var key = NID_undef
        var bits: CInt = 0
        var flags: UInt32 = 0
        _ = X509_get_signature_info(pointer, &digest, &key, &bits, &flags)
        ERR_clear_error()
        let name = OBJ_nid2ln(X509_get_signature_nid(pointer)).map { String(cString: $0) }
        return SignatureAlgorithm(name: name ?? "undefined", digest: ObjectName.short(digest))
    }

    /// Its own issuer by name; whether it signed itself is another question (`isSelfSigned`).
    package var isSelfIssued: Bool {
        X509_NAME_cmp(X509_get_subject_name(pointer), X509_get_issuer_name(pointer)) == 0
    }
    package var isSelfSigned: Bool { isSelfIssued && isSigned(by: self) }

    /// Whether the signature is of that certificate's key, and nothing else about the two.
    package func isSigned(by issuer: Certificate) -> Bool {
        guard issuer.publicKey.objection == nil else { return false }
        ERR_clear_error()
        defer { ERR_clear_error() }
        return X509_verify(pointer, issuer.publicKey.pointer) == 1
    }

    /// Whether that certificate's subject is this one's issuer, byte for byte after normalisation.
    package func namesIssuer(_ issuer: Certificate) -> Bool {
        X509_NAME_cmp(X509_get_issuer_name(pointer), X509_get_subject_name(issuer.pointer)) == 0
    }

    func hasSubject(of other: Certificate) -> Bool {
        X509_NAME_cmp(X509_get_subject_name(pointer), X509_get_subject_name(other.pointer)) == 0
    }

    private static func parsedKey(of pointer: OpaquePointer) throws(OpenSSLError) -> PublicKey {
        let key = try openSSL("X509_get0_pubkey") { X509_get0_pubkey(pointer) }
        return try PublicKey(retaining: key, encoded: X509_get_X509_PUBKEY(pointer))
    }

    /// An `X509 *` of the caller's. Without a context it holds the parsed key.
    fileprivate static func parse(
        _ der: RawSpan, in context: KeylessContext?
    ) throws(OpenSSLError) -> OpaquePointer {
        var parsed: OpaquePointer? = try openSSL("X509_new") { X509_new_ex(context?.pointer, nil) }
        return try der.withUnsafeBytes { bytes throws(OpenSSLError) in
            var cursor = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let end = cursor.map { $0 + bytes.count }
            // What does not parse is freed by the parser.
            let pointer = try openSSL("d2i_X509") { d2i_X509(&parsed, &cursor, bytes.count) }
            guard cursor == end else {
                X509_free(pointer)
                throw OpenSSLError("d2i_X509", because: "bytes follow the certificate")
            }
            return pointer
        }
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else {
            ERR_clear_error()
            return 0
        }
        return Int64(timegm(&parts))
    }
}

extension Certificate: Hashable {
    package static func == (left: Certificate, right: Certificate) -> Bool { left.der == right.der }
    package func hash(into hasher: inout Hasher) { der.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

/// An `X509 *` that was parsed with its key.
private final class WholeCertificate: @unchecked Sendable {
    // Reference-counted, and never changed.
    let pointer: OpaquePointer

    init(der: [UInt8]) throws(OpenSSLError) { pointer = try Certificate.parse(der.span.bytes, in: nil) }

    deinit { X509_free(pointer) }
}
