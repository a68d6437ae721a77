// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Which public keys podmint puts its name under.
package enum KeyRequirement {
    /// Larger RSA keys only burn the time of everyone who verifies.
    package static let rsaBits = 2048...8192

    /// Why no certificate is made for this key; nil when it is fine.
    package static func refusal(of key: PublicKey) -> String? {
        if key.objection == .explicitCurve {
            return "an EC key must name its curve, not spell out parameters"
        }
        switch key.kind {
        case .rsa(let bits):
            guard rsaBits.contains(bits) else {
                return
                    "RSA keys have \(rsaBits.lowerBound) to \(rsaBits.upperBound) bits here, this one has \(bits)"
            }
            return hasSoundExponent(key)
                ? nil : "the RSA exponent must be odd, at least 65537 and of at most 31 bits"
        case .ec(let curve, _):
            guard ["P-256", "P-384"].contains(curve) else {
                return "EC keys are on P-256 or P-384 here, this one is on \(curve)"
            }
            // SEC 1 section 2.3.3. Go's crypto/x509 cannot read the other forms, and one key must have one digest.
            return key.bits.first == 0x04 ? nil : "an EC key must be written as an uncompressed point"
        case .ed25519: return nil
        case .other(let name): return "\(name) keys are not taken; use ECDSA P-256, P-384, Ed25519 or RSA"
        }
    }

    /// FIPS 186-5: odd, above 2^16; Go's crypto/rsa reads 31 bits at most.
    private static func hasSoundExponent(_ key: PublicKey) -> Bool {
        var exponent: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key.pointer, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1, let exponent else {
            ERR_clear_error()
            return false
        }
        defer { BN_free(exponent) }
        return BN_is_odd(exponent) == 1 && (17...31).contains(BN_num_bits(exponent))
    }
}
