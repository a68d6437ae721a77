// SPDX-License-Identifier: Apache-2.0
import OpenSSL

@testable import podmint_agent

/// A certificate authority for tests, with time as the test has it.
struct TestAuthority {
    let certificate: Certificate
    let key: PrivateKey
    private let issuer: CertificateIssuer

    init(name: String = "test authority", notBefore: Int64 = 0, notAfter: Int64 = 4_000_000_000) throws {
        (certificate, key) = try CertificateIssuer.selfSigned(
            commonName: name, algorithm: .ecdsaP256, notBefore: notBefore, notAfter: notAfter)
        issuer = try CertificateIssuer(certificate: certificate, key: key)
    }

    private init(below parent: TestAuthority, name: String) throws {
        key = try PrivateKey.generate(.ecdsaP256)
        certificate = try parent.issuer.issueAuthority(
            commonName: name, for: key.publicKey, notBefore: 0, notAfter: 4_000_000_000)
        issuer = try CertificateIssuer(certificate: certificate, key: key)
    }

    func intermediate(name: String = "test intermediate") throws -> TestAuthority {
        try TestAuthority(below: self, name: name)
    }

    func issue(
        for key: PublicKey, at now: Int64, life: Int64 = 86400,
        names: [SubjectAlternativeName] = [.dns("web-0.web.shop.svc")]
    ) throws -> Certificate {
        try issuer.issue(LeafTemplate(names: names, notBefore: now - 300, notAfter: now + life), for: key)
    }

    /// A whole set with a key of its own.
    func makeSet(at now: Int64, life: Int64 = 86400) throws -> CertificateSet {
        let key = try PrivateKey.generate(.ecdsaP256)
        return try CertificateSet(
            key: key, chain: [try issue(for: key.publicKey, at: now, life: life)], bundle: [certificate])
    }
}
