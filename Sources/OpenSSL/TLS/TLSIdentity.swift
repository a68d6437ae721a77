// SPDX-License-Identifier: Apache-2.0

/// What one side of a connection shows and proves: its leaf, then intermediates, and the leaf's key.
package struct TLSIdentity: Sendable {
    package let certificateChain: [Certificate]
    package let key: PrivateKey

    /// Refuses an empty chain and a key that is not the leaf's.
    package init(certificateChain: [Certificate], key: PrivateKey) throws(OpenSSLError) {
        guard let leaf = certificateChain.first else {
            throw OpenSSLError("TLS identity", because: "there is no certificate")
        }
        guard key.matches(leaf) else {
            throw OpenSSLError(
                "TLS identity", because: "the key is not the one of certificate \(leaf.subject)")
        }
        self.certificateChain = certificateChain
        self.key = key
    }
}

/// Whom a client wants to reach, and so which name the server's certificate must hold.
package enum ServerName: Hashable, Sendable {
    /// Sent as SNI and checked among DNS SANs.
    case dns(String)
    /// Checked among IP SANs; SNI has no addresses (RFC 6066 section 3).
    case ip([UInt8])

    package init(_ host: String) {
        if case .ip(let bytes)? = SubjectAlternativeName.ip(parsing: host) {
            self = .ip(bytes)
        } else {
            self = .dns(host)
        }
    }
}
