// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import SigningProtocol

/// The PKCS#12 files of one publication, made before anything is written.
final class Keystores {
    let key: SecretBytes
    let trust: SecretBytes

    /// The entry's name, which Java calls its alias.
    static let alias = "certificate"

    init(_ set: CertificateSet, password: borrowing KeystorePassword) throws(AgentFailure) {
        do throws(OpenSSLError) {
            key = try PKCS12.keystore(key: set.key, chain: set.chain, name: Self.alias, password: password)
            trust = try PKCS12.truststore(set.trusted, password: password)
        } catch { throw AgentFailure(.local, "no PKCS#12 file could be made: \(error)") }
    }
}
