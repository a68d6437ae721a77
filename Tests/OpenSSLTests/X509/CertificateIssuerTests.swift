// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OpenSSL

struct CertificateIssuerTests {
    let now = TestAuthority.now

    @Test(arguments: [.ecdsaP256, .ecdsaP384, .ed25519, .rsa2048] as [KeyAlgorithm])
    func `a leaf says what its template says and is signed by its issuer`(algorithm: KeyAlgorithm) throws {
        let authority = try TestAuthority(algorithm: algorithm)
        let key = try PrivateKey.generate(algorithm)
        let names: [SubjectAlternativeName] = [
            .dns("web.shop.svc"), .ip([10, 0, 0, 7]), .ip([0xfd] + [UInt8](repeating: 0, count: 14) + [1]),
            .uri("spiffe://cluster.local/ns/shop/sa/web"),
        ]
        let leaf = try authority.intermediate.issue(TestAuthority.template(names), for: key.publicKey)

        #expect(leaf.subjectAlternativeNames == names)
        #expect(
            names.map(\.text) == [
                "web.shop.svc", "10.0.0.7", "fd00::1", "spiffe://cluster.local/ns/shop/sa/web",
            ])
        #expect(leaf.notBefore == now - 300 && leaf.notAfter == now + 86400)
        #expect(leaf.version == 3 && !leaf.isCA && !leaf.hasSubject)
        #expect(leaf.extendedKeyUsages == [.serverAuth, .clientAuth])
        #expect(leaf.keyUsage?.contains(.digitalSignature) == true)
        #expect(leaf.issuer == "CN=Test Intermediate")
        #expect(leaf.authorityKeyIdentifier == authority.intermediate.certificate.subjectKeyIdentifier)
        let issuer = authority.intermediate.certificate
        #expect(leaf.isSigned(by: issuer) && leaf.namesIssuer(issuer))
        #expect(!leaf.isSigned(by: authority.root.certificate))
        #expect(key.matches(leaf))
        #expect(leaf.publicKey.spkiSHA256 == key.publicKey.spkiSHA256)
        // Read again from its bytes it is the same, key included.
        let again = try Certificate(der: leaf.der)
        #expect(
            again == leaf && key.matches(again) && again.publicKey.spkiSHA256 == leaf.publicKey.spkiSHA256)
        #expect(again.publicKey.kind == key.publicKey.kind)
        #expect(!again.signatureAlgorithm.isWeak)
    }

    @Test func `an authority certificate is one`() throws {
        let authority = try TestAuthority()
        let root = authority.root.certificate
        #expect(root.isCA && root.isSelfSigned && root.pathLength == nil)
        #expect(root.keyUsage == [.keyCertSign, .crlSign])
        #expect(authority.intermediate.certificate.pathLength == 0)
        #expect(authority.intermediate.certificate.isSigned(by: root))
        #expect(authority.intermediate.certificate.subject == "CN=Test Intermediate")
    }

    @Test func `no leaf outlives its authority`() throws {
        let authority = try TestAuthority()
        var template = TestAuthority.template()
        template.notAfter = Int64.max
        let leaf = try authority.intermediate.issue(template, for: PrivateKey.generate(.ed25519).publicKey)
        #expect(leaf.notAfter == authority.intermediate.certificate.notAfter)
    }

    @Test func `serials are random, positive and of 128 bits`() throws {
        let authority = try TestAuthority()
        let key = try PrivateKey.generate(.ecdsaP256).publicKey
        let serials = try (0..<64).map { _ in
            try authority.root.issue(TestAuthority.template(), for: key).serialHex
        }
        #expect(Set(serials).count == 64)
        #expect(serials.allSatisfy { !$0.hasPrefix("-") && $0.utf8.count > 20 && $0.utf8.count <= 32 })
    }

    @Test func `a rehearsal has the same content under another key`() throws {
        let authority = try TestAuthority()
        let prepared = try authority.root.prepare(
            TestAuthority.template(), for: PrivateKey.generate(.ecdsaP256).publicKey)
        let rehearsed = try prepared.rehearsed()
        let signed = try prepared.signed()
        #expect(
            rehearsed.serialHex == signed.serialHex
                && rehearsed.subjectAlternativeNames == signed.subjectAlternativeNames)
        #expect(
            !rehearsed.isSigned(by: authority.root.certificate)
                && signed.isSigned(by: authority.root.certificate))
    }

    @Test(
        arguments: [
            [], [.dns("")], [.dns("a b")], [.dns("a\u{0}b")], [.dns("bücher.example")], [.ip([1, 2, 3])],
            [.other("x")],
        ] as [[SubjectAlternativeName]])
    func `names that no certificate may hold are refused`(names: [SubjectAlternativeName]) throws {
        let authority = try TestAuthority()
        let key = try PrivateKey.generate(.ecdsaP256).publicKey
        #expect(throws: OpenSSLError.self) {
            try authority.root.issue(TestAuthority.template(names), for: key)
        }
    }

    @Test func `a leaf cannot sign, nor can a key that is not the authority's`() throws {
        let authority = try TestAuthority()
        let identity = try authority.identity()
        #expect(throws: OpenSSLError.self) {
            try CertificateIssuer(certificate: identity.certificateChain[0], key: identity.key)
        }
        #expect(throws: OpenSSLError.self) {
            try CertificateIssuer(certificate: authority.root.certificate, key: identity.key)
        }
    }
}
