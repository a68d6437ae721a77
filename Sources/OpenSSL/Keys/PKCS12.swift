// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// PKCS#12 files (RFC 7292), for programs that want keystores; Java's above all.
///
/// Encrypted with AES-256-CBC under PBKDF2 with HMAC-SHA-256, and sealed with HMAC-SHA-256: what `openssl pkcs12`
/// writes, and what Java reads since 8u301 and 11.0.12.
package enum PKCS12 {
    /// Java's own default. A password out of a Secret is random or it is worthless.
    private static let iterations: CInt = 10_000

    /// The key, its leaf and the intermediates behind it, as one entry of that name.
    package static func keystore(
        key: PrivateKey, chain: [Certificate], name: String, password: borrowing KeystorePassword
    ) throws(OpenSSLError) -> SecretBytes {
        guard let leaf = chain.first else { throw OpenSSLError("PKCS12_create", because: "no certificate") }
        // `PKCS12_create` compares leaf and key, and looks for the leaf's parsed key to do so.
        let whole = try leaf.whole()
        let others = shim_sk_X509_new()
        defer { shim_sk_X509_free(others) }
        for certificate in chain.dropFirst() { shim_sk_X509_push(others, certificate.pointer) }
        let file = try password.withCString { password, _ throws(OpenSSLError) in
            try openSSL("PKCS12_create") {
                PKCS12_create(
                    password, name, key.pointer, whole, others, NID_aes_256_cbc, NID_aes_256_cbc,
                    iterations,
                    iterations, 0)
            }
        }
        defer { PKCS12_free(file) }
        return try encoded(file)
    }

    /// Certificates to trust, each marked as such: without that attribute Java takes none of them for an anchor.
    package static func truststore(
        _ certificates: [Certificate], password: borrowing KeystorePassword
    ) throws(OpenSSLError) -> SecretBytes {
        var bags: OpaquePointer?
        defer { shim_sk_PKCS12_SAFEBAG_free(bags) }
        for (index, certificate) in certificates.enumerated() {
            let bag = try openSSL("PKCS12_add_cert") { PKCS12_add_cert(&bags, certificate.pointer) }
            // Entries are told apart by their names.
            try check("PKCS12_add_friendlyname_utf8") {
                PKCS12_add_friendlyname_utf8(bag, "ca-\(index + 1)", -1)
            }
            try markTrusted(bag)
        }
        var safes: OpaquePointer?
        defer { shim_sk_PKCS7_free(safes) }
        let file = try password.withCString { password, count throws(OpenSSLError) in
            try check("PKCS12_add_safe") {
                PKCS12_add_safe(&safes, bags, NID_aes_256_cbc, iterations, password)
            }
            let file = try openSSL("PKCS12_add_safes") { PKCS12_add_safes(safes, 0) }
            do throws(OpenSSLError) {
                try check("PKCS12_set_mac") {
                    PKCS12_set_mac(file, password, count, nil, 0, iterations, EVP_sha256())
                }
            } catch {
                PKCS12_free(file)
                throw error
            }
            return file
        }
        defer { PKCS12_free(file) }
        return try encoded(file)
    }

    /// Whether this is a file that was sealed with this password.
    package static func isSealed(_ contents: borrowing SecretBytes, with password: borrowing KeystorePassword)
        -> Bool
    {
        defer { ERR_clear_error() }
        let file = contents.withUnsafeBytes { bytes in
            var cursor = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
            return d2i_PKCS12(nil, &cursor, bytes.count)
        }
        guard let file else { return false }
        defer { PKCS12_free(file) }
        return password.withCString { PKCS12_verify_mac(file, $0, $1) == 1 }
    }

    /// Java's `trustedKeyUsage` (2.16.840.1.113894.746875.1.1), for every use.
    private static func markTrusted(_ bag: OpaquePointer) throws(OpenSSLError) {
        let everyUse = try openSSL("OBJ_nid2obj") { OBJ_nid2obj(NID_anyExtendedKeyUsage) }
        try check("PKCS12_add1_attr_by_txt") {
            // A length of -1 says that this is the object itself and not its encoding (X509_ATTRIBUTE_set1_data).
            PKCS12_add1_attr_by_txt(
                bag, "2.16.840.1.113894.746875.1.1", V_ASN1_OBJECT,
                UnsafeRawPointer(everyUse).assumingMemoryBound(to: UInt8.self), -1)
        }
    }

    /// Under an empty password this is the key itself, so it is wiped like one.
    private static func encoded(_ file: OpaquePointer) throws(OpenSSLError) -> SecretBytes {
        let size = i2d_PKCS12(file, nil)
        guard size > 0 else { throw OpenSSLError("i2d_PKCS12") }
        return SecretBytes(capacity: Int(size)) { room in
            var cursor = room.assumingMemoryBound(to: UInt8.self).baseAddress
            return Int(i2d_PKCS12(file, &cursor))
        }
    }
}
