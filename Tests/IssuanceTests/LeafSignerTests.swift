// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import OpenSSL
import SigningProtocol
import TestPeers
import Testing

@testable import Issuance

struct LeafSignerTests {
    @Test(arguments: KeyAlgorithm.allCases)
    func `openssl verifies what is issued, for every kind of key`(algorithm: KeyAlgorithm) async throws {
        let fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
        let key = try PrivateKey.generate(algorithm)
        let response = try await fixture.serving { try await fixture.ask(key: key) }
        let leaf = try #require(try response.certificates().first)
        let folder = try TemporaryFolder()
        try folder.write("ca.pem", fixture.authority.bundlePEM)
        try folder.write("leaf.pem", leaf.pem)
        func verify(_ options: String) throws -> ForeignProgram.Outcome {
            let words = "verify \(options) -CAfile ca.pem leaf.pem".split(separator: " ").map(String.init)
            return try ForeignProgram.openSSL.outcome(words, in: folder)
        }
        let at = "-attime \(TestClock.start + 60) -x509_strict"
        for purpose in ["sslserver", "sslclient"] {
            let verified = try verify("-purpose \(purpose) \(at)")
            #expect(verified.succeeded, "\(verified.text)")
        }
        #expect(try verify("-verify_hostname web-0.web.shop.svc \(at)").succeeded)
        #expect(try verify("-verify_ip 10.0.0.7 \(at)").succeeded)
        #expect(try !verify("-verify_hostname billing.shop.svc \(at)").succeeded)
        #expect(try !verify("-attime \(TestClock.start + 86_401)").succeeded)
    }

    @Test func `openssl reads the extensions as RFC 5280 wants them`() async throws {
        let fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
        let response = try await fixture.serving { try await fixture.ask() }
        func text(_ pem: String) throws -> String {
            let said = try ForeignProgram.openSSL.run(["x509", "-noout", "-text"], input: Array(pem.utf8))
            return String(decoding: said, as: UTF8.self)
        }
        let leaf = try text(response.certificates()[0].pem)
        for line in [
            "Version: 3 (0x2)", "X509v3 Subject Alternative Name: critical", "X509v3 Key Usage: critical",
            "TLS Web Server Authentication, TLS Web Client Authentication", "X509v3 Authority Key Identifier",
            "X509v3 Subject Key Identifier", "DNS:web-0.web.shop.svc, ", "IP Address:FD00:0:0:0:0:0:0:7",
        ] { #expect(leaf.contains(line), "\(line)") }
        #expect(!leaf.contains("CA:TRUE"))
        let authority = try text(fixture.authority.bundlePEM)
        #expect(authority.contains("CA:TRUE, pathlen:0") && authority.contains("Certificate Sign, CRL Sign"))
    }

    @Test func `no leaf outlives its authority, and a dying one signs nothing`() async throws {
        let fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
        let end = fixture.authority.certificate.notAfter
        fixture.time.advance(by: .seconds(end - TestClock.start - 3600))
        let clamped = try await fixture.serving {
            let response = try await fixture.ask()
            fixture.time.advance(by: .seconds(3600 - 200))
            let dying = try await fixture.ask()
            #expect(dying.status == 503 && dying.text.contains("ends too soon"))
            return response
        }
        #expect(try clamped.certificates()[0].notAfter == end)
    }

    @Test func `no leaf outlives the root above its authority`() async throws {
        let fixture = try SigningFixture()
        let now = TestClock.start
        let long = try CertificateIssuer.selfSigned(
            commonName: "root", algorithm: .ecdsaP256, notBefore: now - 60, notAfter: now + 86_400)
        let root = try CertificateIssuer(certificate: long.certificate, key: long.key)
        let short = try root.issueAuthority(
            commonName: "root", for: long.key.publicKey, notBefore: now - 60, notAfter: now + 7200)
        let key = try PrivateKey.generate(.ecdsaP256)
        let middle = try root.issueAuthority(
            commonName: "middle", for: key.publicKey, notBefore: now - 60, notAfter: now + 43_200)
        fixture.secrets.addCA("custom-ca", in: "shop", (middle, key), beside: short.pem)
        try fixture.secrets.add(policy: "transport", ["tls": ["certificate": ["secretName": "custom-ca"]]])
        fixture.cluster.add(.fixture { $0.inject("transport") })
        let response = try await fixture.serving {
            try await fixture.ask(fields: [("Podmint-Policy", "transport")])
        }
        #expect(try response.certificates()[0].notAfter == now + 7200, "\(response.text)")
    }

    @Test func `a clock behind the authority's beginning signs nothing, and goes on once it is right`()
        async throws
    {
        let fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
        let start = fixture.authority.certificate.notBefore
        fixture.time.advance(by: .seconds(start - TestClock.start - 7200))
        try await fixture.serving {
            let early = try await fixture.ask()
            #expect(early.status == 503 && early.text.contains("could not sign just now"))
            fixture.time.advance(by: .seconds(7200 + 60))
            #expect(try await fixture.ask().certificates()[0].notBefore == start)
        }
        let reason = SigningFailure.authorityNotYetValid("default", from: 1_795_339_440, now: 1_795_332_240)
        #expect(
            "\(reason)"
                == "authority default is valid from 2026-11-22T09:24:00Z on, and this machine's clock "
                + "says 2026-11-22T07:24:00Z: one of them is wrong")
    }

    @Test func `serials are never alike`() async throws {
        let fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
        let serials = try await fixture.serving {
            var serials: Set<String> = []
            for _ in 0..<8 { serials.insert(try await fixture.ask().certificates()[0].serialHex) }
            return serials
        }
        #expect(serials.count == 8)
    }
}
