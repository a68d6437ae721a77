// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import OpenSSL
import SigningProtocol
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
        let openssl = try OpenSSLProgram()
        defer { openssl.remove() }
        try openssl.write("ca.pem", fixture.authority.bundlePEM)
        try openssl.write("leaf.pem", leaf.pem)
        let at = "-attime \(TestClock.start + 60) -x509_strict -CAfile ca.pem leaf.pem"
        for purpose in ["sslserver", "sslclient"] {
            let verified = try openssl.run("verify -purpose \(purpose) \(at)")
            #expect(verified.succeeded, "\(verified.output)")
        }
        #expect(try openssl.run("verify -verify_hostname web-0.web.shop.svc \(at)").succeeded)
        #expect(try openssl.run("verify -verify_ip 10.0.0.7 \(at)").succeeded)
        #expect(try !openssl.run("verify -verify_hostname billing.shop.svc \(at)").succeeded)
        #expect(
            try !openssl.run("verify -attime \(TestClock.start + 86_401) -CAfile ca.pem leaf.pem").succeeded)
    }

    @Test func `openssl reads the extensions as RFC 5280 wants them`() async throws {
        let fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
        let response = try await fixture.serving { try await fixture.ask() }
        let openssl = try OpenSSLProgram()
        defer { openssl.remove() }
        try openssl.write("leaf.pem", try response.certificates()[0].pem)
        try openssl.write("ca.pem", fixture.authority.bundlePEM)
        let leaf = try openssl.run("x509 -in leaf.pem -noout -text").output
        for line in [
            "Version: 3 (0x2)", "X509v3 Subject Alternative Name: critical", "X509v3 Key Usage: critical",
            "TLS Web Server Authentication, TLS Web Client Authentication", "X509v3 Authority Key Identifier",
            "X509v3 Subject Key Identifier", "DNS:web-0.web.shop.svc, ", "IP Address:FD00:0:0:0:0:0:0:7",
        ] { #expect(leaf.contains(line), "\(line)") }
        #expect(!leaf.contains("CA:TRUE"))
        let authority = try openssl.run("x509 -in ca.pem -noout -text").output
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
