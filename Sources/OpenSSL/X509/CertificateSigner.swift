// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Synchronization

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
}

/// Keys for signatures that nobody keeps: one of each kind for the whole process, made when it is first wanted. Of the kind
/// of the key that signs in the end, so that what is looked at says the same to the last byte.
enum ThrowawayKey {
    private static let made = Mutex<[KeyAlgorithm: CertificateSigner]>([:])

    static func signer(like key: PublicKey) throws(OpenSSLError) -> CertificateSigner {
        let algorithm: KeyAlgorithm =
            switch key.kind {
            case .ec(_, let bits) where bits > 256: .ecdsaP384
            case .ed25519: .ed25519
            case .rsa: .rsa2048
            default: .ecdsaP256
            }
        if let known = made.withLock({ $0[algorithm] }) { return known }
        // Not under the lock, since an RSA key takes a tenth of a second; whoever is second throws its own away.
        let signer = try CertificateSigner(try PrivateKey.generate(algorithm))
        return made.withLock { made in
            if let first = made[algorithm] { return first }
            made[algorithm] = signer
            return signer
        }
    }
}
