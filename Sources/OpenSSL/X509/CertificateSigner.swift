// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// A key with its signing context set up once; each signature works on a copy (`EVP_MD_CTX_copy_ex`).
final class CertificateSigner: @unchecked Sendable {
    // The prepared context is only ever the source of copies, which reads it and counts references.
    private let prepared: OpaquePointer
    let key: PrivateKey

    init(_ key: PrivateKey) throws(OpenSSLError) {
        self.key = key
        prepared = try openSSL("EVP_MD_CTX_new") { EVP_MD_CTX_new() }
        do {
            try check("EVP_DigestSignInit") {
                EVP_DigestSignInit(prepared, nil, SignatureDigest.of(key.publicKey), nil, key.pointer)
            }
        } catch {
            EVP_MD_CTX_free(prepared)
            throw error
        }
    }

    deinit { EVP_MD_CTX_free(prepared) }

    func sign(_ certificate: OpaquePointer) throws(OpenSSLError) {
        let context = try openSSL("EVP_MD_CTX_new") { EVP_MD_CTX_new() }
        defer { EVP_MD_CTX_free(context) }
        try check("EVP_MD_CTX_copy_ex") { EVP_MD_CTX_copy_ex(context, prepared) }
        ERR_clear_error()
        // The signature's size, not 1.
        guard X509_sign_ctx(certificate, context) > 0 else { throw OpenSSLError("X509_sign_ctx") }
    }

    /// Another key of the same kind, for signatures nobody keeps.
    func throwaway() throws(OpenSSLError) -> CertificateSigner {
        let algorithm: KeyAlgorithm =
            switch key.publicKey.kind {
            case .ec(_, let bits) where bits > 256: .ecdsaP384
            case .ed25519: .ed25519
            case .rsa: .rsa2048
            default: .ecdsaP256
            }
        return try CertificateSigner(try PrivateKey.generate(algorithm))
    }
}
