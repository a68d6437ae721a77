// SPDX-License-Identifier: Apache-2.0

/// The key types podmint makes, by the names users write (`podmint.dev/key-algorithm`).
package enum KeyAlgorithm: String, CaseIterable, Hashable, Sendable {
    case ecdsaP256 = "ECDSA-P256"
    case ecdsaP384 = "ECDSA-P384"
    case ed25519 = "Ed25519"
    case rsa2048 = "RSA-2048"
    case rsa3072 = "RSA-3072"
    case rsa4096 = "RSA-4096"
}
