// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Makes keys (`EVP_PKEY_keygen`).
enum KeyGenerator {
    static func generate(_ algorithm: KeyAlgorithm) throws(OpenSSLError) -> OpaquePointer {
        let context = try openSSL("EVP_PKEY_CTX_new_id") { EVP_PKEY_CTX_new_id(type(of: algorithm), nil) }
        defer { EVP_PKEY_CTX_free(context) }
        try check("EVP_PKEY_keygen_init") { EVP_PKEY_keygen_init(context) }
        switch algorithm {
        case .ecdsaP256: try set(curve: NID_X9_62_prime256v1, on: context)
        case .ecdsaP384: try set(curve: NID_secp384r1, on: context)
        case .ed25519: break
        case .rsa2048: try set(bits: 2048, on: context)
        case .rsa3072: try set(bits: 3072, on: context)
        case .rsa4096: try set(bits: 4096, on: context)
        }
        var key: OpaquePointer?
        try check("EVP_PKEY_keygen") { EVP_PKEY_keygen(context, &key) }
        guard let key else { throw OpenSSLError("EVP_PKEY_keygen") }
        return key
    }

    private static func type(of algorithm: KeyAlgorithm) -> CInt {
        switch algorithm {
        case .ecdsaP256, .ecdsaP384: EVP_PKEY_EC
        case .ed25519: EVP_PKEY_ED25519
        case .rsa2048, .rsa3072, .rsa4096: EVP_PKEY_RSA
        }
    }

    private static func set(curve: CInt, on context: OpaquePointer) throws(OpenSSLError) {
        try check("EVP_PKEY_CTX_set_ec_paramgen_curve_nid") {
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, curve)
        }
        try check("EVP_PKEY_CTX_set_ec_param_enc") {
            EVP_PKEY_CTX_set_ec_param_enc(context, OPENSSL_EC_NAMED_CURVE)
        }
    }

    private static func set(bits: CInt, on context: OpaquePointer) throws(OpenSSLError) {
        try check("EVP_PKEY_CTX_set_rsa_keygen_bits") { EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) }
    }
}
