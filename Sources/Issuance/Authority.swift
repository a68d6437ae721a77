// SPDX-License-Identifier: Apache-2.0
package import OpenSSL

/// A CA that podmint signs with: its certificate, its key ready for use, and what pods that trust it must have.
package final class Authority: Sendable {
    /// The one that every pod gets whose policy names no other.
    package static let standardName = "default"
    /// Entries of its Secret.
    package static let certificateEntry = "ca.crt"
    package static let keyEntry = "ca.key"

    package let name: String
    package let issuer: CertificateIssuer
    package let bundle: [Certificate]

    package init(name: String, certificate: Certificate, key: PrivateKey) throws(OpenSSLError) {
        self.name = name
        issuer = try CertificateIssuer(certificate: certificate, key: key)
        bundle = [certificate]
    }

    package var certificate: Certificate { issuer.certificate }
    package var bundlePEM: String { bundle.map(\.pem).joined() }

    /// A new self-signed P-256 CA. The subject has a random part, so that two authorities
    /// made one after the other are never mistaken for each other by their name.
    static func make(
        _ description: AuthorityDescription = .standard, at now: Int64
    ) throws(OpenSSLError) -> (certificate: Certificate, key: PrivateKey) {
        try CertificateIssuer.selfSigned(
            commonName: "podmint \(description.name) \(Digest.hex(RandomBytes.make(4)))",
            algorithm: .ecdsaP256, notBefore: now - LeafSigner.backdating,
            notAfter: now + description.lifetime, pathLength: description.pathLength)
    }
}

/// Why there is no authority to sign with. All of these need a person.
package enum AuthorityError: Error, CustomStringConvertible {
    case unreachable(secret: String, ClusterSilence)
    /// It is there, and podmint did not make it.
    case foreign(secret: String)
    case corrupt(secret: String, String)
    case expired(secret: String, String)
    case openSSL(OpenSSLError)

    package var description: String {
        switch self {
        case .unreachable(let secret, let silence): "cannot read or make Secret \"\(secret)\": \(silence)"
        case .foreign(let secret):
            "Secret \"\(secret)\" was not made by podmint (it lacks label \(AuthoritySecret.label))"
        case .corrupt(let secret, let what): "Secret \"\(secret)\" holds no usable authority: \(what)"
        case .expired(let secret, let when): "the authority in Secret \"\(secret)\" ended at \(when)"
        case .openSSL(let error): "cannot make an authority: \(error)"
        }
    }

    package var hint: String {
        switch self {
        case .unreachable:
            "it is tried again; podmint needs the API server's answer, its namespace, and get and create on Secrets there: apply what 'podmint manifests' prints"
        case .foreign: "rename it, or run podmint in another namespace; podmint never overwrites it"
        case .corrupt:
            "restore it from a backup, or delete it: podmint then makes a new one, and pods must renew"
        case .expired: "delete it: podmint then makes a new one, and pods must renew"
        case .openSSL: "see `podmint --version` for the OpenSSL in use"
        }
    }
}
