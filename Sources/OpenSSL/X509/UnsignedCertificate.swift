// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// A certificate that lacks only its signature, so that it can be looked at before the authority's key is used.
package struct UnsignedCertificate: ~Copyable {
    let pointer: OpaquePointer
    private let publicKey: PublicKey
    private let signer: CertificateSigner
    private let throwaway: CertificateSigner?

    /// Version 3, a random serial of 128 bits, the key's bits written straight in.
    static func make(
        for key: PublicKey, issuer: OpaquePointer?, notBefore: Int64, notAfter: Int64,
        signer: CertificateSigner,
        throwaway: CertificateSigner?
    ) throws(OpenSSLError) -> UnsignedCertificate {
        let made = UnsignedCertificate(
            owning: try openSSL("X509_new") { X509_new() }, publicKey: key, signer: signer,
            throwaway: throwaway)
        let pointer = made.pointer
        try check("X509_set_version") { X509_set_version(pointer, 2) }
        try setSerial(of: pointer)
        if let issuer { try check("X509_set_issuer_name") { X509_set_issuer_name(pointer, issuer) } }
        _ = try openSSL("ASN1_TIME_set") { ASN1_TIME_set(X509_getm_notBefore(pointer), Int(notBefore)) }
        _ = try openSSL("ASN1_TIME_set") { ASN1_TIME_set(X509_getm_notAfter(pointer), Int(notAfter)) }
        try key.write(to: X509_get_X509_PUBKEY(pointer))
        return made
    }

    private init(
        owning pointer: OpaquePointer, publicKey: PublicKey, signer: CertificateSigner,
        throwaway: CertificateSigner?
    ) {
        self.pointer = pointer
        self.publicKey = publicKey
        self.signer = signer
        self.throwaway = throwaway
    }

    deinit { X509_free(pointer) }

    /// The very same content under a key nobody trusts, for a lint to judge.
    package borrowing func rehearsed() throws(OpenSSLError) -> Certificate {
        guard let throwaway else { throw OpenSSLError("rehearsal", because: "there is no throwaway key") }
        try throwaway.sign(pointer)
        // Parsed anew, since the next signature is written over this one.
        return try Certificate(der: try encode("i2d_X509") { i2d_X509(pointer, $0) })
    }

    package consuming func signed() throws(OpenSSLError) -> Certificate {
        try signer.sign(pointer)
        // One reference for the certificate; the other goes with this value.
        try check("X509_up_ref") { X509_up_ref(pointer) }
        return try Certificate(owning: pointer, madeFor: publicKey)
    }

    func setSubject(commonName: String) throws(OpenSSLError) {
        let name = X509_get_subject_name(pointer)
        let text = Array(commonName.utf8)
        try check("X509_NAME_add_entry_by_NID") {
            X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, CInt(text.count), -1, 0)
        }
    }

    func add(_ certificateExtension: CertificateExtension) throws(OpenSSLError) {
        try certificateExtension.add(to: pointer)
    }

    private static func setSerial(of certificate: OpaquePointer) throws(OpenSSLError) {
        let random = RandomBytes.make(16)
        let number = try openSSL("BN_bin2bn") { BN_bin2bn(random, CInt(random.count), nil) }
        defer { BN_free(number) }
        _ = try openSSL("BN_to_ASN1_INTEGER") {
            BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate))
        }
    }
}
