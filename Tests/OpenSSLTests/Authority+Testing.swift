// SPDX-License-Identifier: Apache-2.0
@testable import OpenSSL

/// A root, an intermediate under it, and leaves of either, at a fixed hour.
struct TestAuthority {
    static let now: Int64 = 1_800_000_000
    let root: CertificateIssuer
    let intermediate: CertificateIssuer

    init(algorithm: KeyAlgorithm = .ecdsaP256, now: Int64 = now) throws {
        let year: Int64 = 365 * 86400
        let made = try CertificateIssuer.selfSigned(
            commonName: "Test Root", algorithm: algorithm, notBefore: now - 3600, notAfter: now + 10 * year)
        root = try CertificateIssuer(certificate: made.certificate, key: made.key)
        let key = try PrivateKey.generate(algorithm)
        let below = try root.issueAuthority(
            commonName: "Test Intermediate", for: key.publicKey, notBefore: now - 3600,
            notAfter: now + 5 * year,
            pathLength: 0)
        intermediate = try CertificateIssuer(certificate: below, key: key)
    }

    static func template(
        _ names: [SubjectAlternativeName] = [.dns("web.shop.svc")], now: Int64 = now
    ) -> LeafTemplate {
        LeafTemplate(names: names, notBefore: now - 300, notAfter: now + 86400)
    }

    /// Leaf and intermediate, as a server shows them.
    func identity(
        _ names: [SubjectAlternativeName] = [.dns("web.shop.svc")], algorithm: KeyAlgorithm = .ecdsaP256,
        now: Int64 = now
    ) throws -> TLSIdentity {
        let key = try PrivateKey.generate(algorithm)
        let leaf = try intermediate.issue(Self.template(names, now: now), for: key.publicKey)
        return try TLSIdentity(certificateChain: [leaf, intermediate.certificate], key: key)
    }
}
