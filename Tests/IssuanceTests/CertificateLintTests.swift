// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Testing

@testable import Issuance

/// The lint must be seen to fail: each certificate here has one thing wrong.
struct CertificateLintTests {
    let issuer: CertificateIssuer
    let key: PrivateKey
    let lint: CertificateLint
    let template: LeafTemplate

    init() throws {
        let made = try Authority.make(at: TestClock.start)
        issuer = try CertificateIssuer(certificate: made.certificate, key: made.key)
        key = try .generate(.ecdsaP256)
        template = LeafTemplate(
            names: [.dns("web.shop.svc"), .ip([10, 0, 0, 1])], notBefore: TestClock.start - 300,
            notAfter: TestClock.start + 3600)
        lint = CertificateLint(
            names: template.names, notBefore: template.notBefore, notAfter: template.notAfter,
            key: key.publicKey,
            issuer: issuer.certificate)
    }

    @Test func `finds nothing in a certificate that is as decided`() throws {
        #expect(lint.findings(in: try issuer.issue(template, for: key.publicKey)) == [])
    }

    static let mistakes: [(String, @Sendable (inout LeafTemplate) -> Void)] = [
        ("its names are not", { $0.names.append(.dns("evil.example")) }),
        ("its names are not", { $0.names.removeLast() }),
        ("its names are not", { $0.names.reverse() }),
        ("it begins", { $0.notBefore -= 1 }),
        ("it ends", { $0.notAfter += 1 }),
        ("extended key usage", { $0.usages = [.serverAuth] }),
        ("extended key usage", { $0.usages = [.serverAuth, .clientAuth, .any] }),
        ("extended key usage", { $0.usages = [] }),
        ("it has a subject", { $0.commonName = "web" }),
    ]

    @Test(arguments: mistakes.indices) func `finds a slip of the template`(index: Int) throws {
        let (finding, change) = Self.mistakes[index]
        var template = template
        change(&template)
        let findings = lint.findings(in: try issuer.issue(template, for: key.publicKey))
        #expect(findings.contains { $0.hasPrefix(finding) }, "\(findings)")
    }

    @Test func `finds names that are not critical`() throws {
        var template = template
        template.commonName = "web"
        let findings = lint.findings(in: try issuer.issue(template, for: key.publicKey))
        #expect(findings.contains { $0.hasPrefix("names are not critical") })
    }

    @Test func `finds another key, another issuer, and a CA`() throws {
        let other = try PrivateKey.generate(.ecdsaP256)
        #expect(
            lint.findings(in: try issuer.issue(template, for: other.publicKey)) == ["it is for another key"])
        let made = try Authority.make(at: TestClock.start)
        let foreign = try CertificateIssuer(certificate: made.certificate, key: made.key)
        let findings = lint.findings(in: try foreign.issue(template, for: key.publicKey))
        #expect(findings.contains("it names another issuer"))
        #expect(findings.contains { $0.hasPrefix("its authority key identifier") })
        let authority = lint.findings(in: issuer.certificate)
        #expect(authority.contains("it is a CA certificate") && authority.contains("it has a path length"))
    }

    @Test func `finds a key usage that does not fit the key`() throws {
        let rsa = try PrivateKey.generate(.rsa2048)
        let expecting = CertificateLint(
            names: template.names, notBefore: template.notBefore, notAfter: template.notAfter,
            key: rsa.publicKey,
            issuer: issuer.certificate)
        #expect(expecting.findings(in: try issuer.issue(template, for: rsa.publicKey)) == [])
        let findings = expecting.findings(in: try issuer.issue(template, for: key.publicKey))
        #expect(findings.contains { $0.hasPrefix("key usage") })
    }
}
