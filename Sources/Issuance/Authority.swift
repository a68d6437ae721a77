// SPDX-License-Identifier: Apache-2.0
package import OpenSSL

/// A CA that podmint signs with: its certificate, its key ready for use, and what pods that trust it must have.
package final class Authority: Sendable {
    /// The one that every pod gets whose policy names no other.
    package static let standardName = "default"
    /// Entries of its Secret.
    package static let certificateEntry = "ca.crt"
    package static let keyEntry = "ca.key"
    /// The key as AES key wrap with padding leaves it (RFC 5649), under `keyStorage: Wrapped`.
    package static let wrappedKeyEntry = "ca.key.wrapped"

    package let name: String
    package let issuer: CertificateIssuer
    /// What stands between a leaf and the bundle, the issuer first: empty where the issuer is a root itself.
    package let intermediates: [Certificate]
    package let bundle: [Certificate]
    /// Whose leaves need no other: this one's, and those of other replicas that have one of their own.
    package let accepted: [Certificate]
    /// What it signs ends by then, in seconds since the epoch: with itself, or with what stands above it.
    package let end: Int64
    /// Seconds since the epoch. Before that, pods may not know this authority yet, and nothing is signed.
    package let signsFrom: Int64
    /// What signs after this one, once all can know it.
    let successor: Authority?

    package convenience init(
        name: String, certificate: Certificate, key: PrivateKey, above: [Certificate] = []
    ) throws(OpenSSLError) {
        try self.init(name: name, AuthorityChain(certificate, above: above), key: key)
    }

    init(name: String, _ chain: AuthorityChain, key: PrivateKey) throws(OpenSSLError) {
        self.name = name
        issuer = try CertificateIssuer(certificate: chain.certificate, key: key)
        intermediates = chain.intermediates
        bundle = chain.bundle
        end = chain.end
        accepted = [chain.certificate]
        signsFrom = 0
        successor = nil
    }

    /// The same CA as one of several that replicas have.
    init(
        _ own: Authority, beside others: [Certificate], accepted: [Certificate], signsFrom: Int64,
        successor: Authority? = nil
    ) {
        name = own.name
        issuer = own.issuer
        intermediates = own.intermediates
        end = own.end
        bundle = [own.certificate] + others
        self.accepted = [own.certificate] + accepted
        self.signsFrom = signsFrom
        self.successor = successor
    }

    /// The same CA under the name that another policy has for it.
    private init(_ other: Authority, named name: String) {
        self.name = name
        issuer = other.issuer
        intermediates = other.intermediates
        bundle = other.bundle
        end = other.end
        accepted = other.accepted
        signsFrom = other.signsFrom
        successor = other.successor
    }

    func isOf(_ chain: AuthorityChain) -> Bool {
        certificate == chain.certificate && intermediates == chain.intermediates && bundle == chain.bundle
    }

    func named(_ name: String) -> Authority { name == self.name ? self : Authority(self, named: name) }

    package var certificate: Certificate { issuer.certificate }
    package var bundlePEM: String { bundle.map(\.pem).joined() }

    /// A new self-signed P-256 CA. The subject has a random part, so that two authorities
    /// made one after the other are never mistaken for each other by their name.
    static func make(
        _ description: AuthorityDescription = .standard, at now: Int64
    ) throws(OpenSSLError) -> (certificate: Certificate, key: PrivateKey) {
        try CertificateIssuer.selfSigned(
            commonName: commonName(of: description.name),
            algorithm: .ecdsaP256, notBefore: now - LeafSigner.backdating,
            notAfter: now + description.lifetime, pathLength: description.pathLength)
    }

    /// X.520's bound is 64 characters, and a policy's authority may be called 119.
    private static func commonName(of name: String) -> String {
        let random = Digest.hex(RandomBytes.make(4))
        let room = 64 - "podmint  ".utf8.count - random.utf8.count
        return "podmint \(name.utf8.count <= room ? name : String(name.prefix(room - 3)) + "...") \(random)"
    }
}
