// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Validation

struct NamesCheckTests {
    let authority: ForeignAuthority
    init() throws { authority = try ForeignAuthority() }

    @Test(
        arguments: [
            ("DNS:web.shop.svc", "web.shop.svc", []), ("DNS:web.shop.svc", "WEB.shop.svc.", []),
            ("DNS:web.shop.svc", "shop.svc", [.sanMissing]),
            ("DNS:web.shop.svc", "a.web.shop.svc", [.sanMissing]),
            ("DNS:*.example.com", "a.example.com", []), ("DNS:*.example.com", "*.example.com", []),
            ("DNS:*.example.com", "a.b.example.com", [.sanMissing]),
            ("DNS:*.example.com", "example.com", [.sanMissing]),
            ("DNS:a.example.com", "*.example.com", [.sanMissing]),
            ("DNS:w*.example.com", "web.example.com", [.invalidName, .sanMissing]),
            ("IP:10.0.0.7", "10.0.0.7", []), ("IP:10.0.0.7", "10.0.0.8", [.sanMissing]),
            ("DNS:10.0.0.7", "10.0.0.7", [.invalidName, .sanMissing]),
            ("IP:2001:db8::1", "2001:db8:0:0::1", []),
            ("IP:10.0.0.7", "::ffff:10.0.0.7", [.sanMissing]),
            ("URI:spiffe://cluster.local/ns/a/sa/b", "spiffe://cluster.local/ns/a/sa/b", []),
            ("URI:spiffe://cluster.local/ns/a/sa/b", "spiffe://cluster.local/ns/a/sa/c", [.sanMissing]),
        ] as [(String, String, [FaultCode])])
    func `names are matched as clients match them`(carried: String, wanted: String, expected: [FaultCode])
        throws
    {
        let leaf = try authority.issue(["subjectAltName=\(carried)"])
        #expect(try ForeignAuthority.faults(leaf, names: [wanted]).map(\.code) == expected)
    }

    @Test func `every missing name is told, with the extension that adds it`() throws {
        let leaf = try authority.issue([ForeignAuthority.leafNames])
        let faults = try ForeignAuthority.faults(leaf, names: ["web.shop.svc", "a.example.com", "10.0.0.7"])
        #expect(faults.map(\.code) == [.sanMissing, .sanMissing])
        #expect(faults[0].found == "the certificate is for web.shop.svc; a.example.com is missing")
        #expect(faults[1].fix.contains("these 2 names too: subjectAltName=DNS:a.example.com,IP:10.0.0.7"))
    }

    @Test func `a common name is no name, and that is said`() throws {
        let old = try authority.issue(["keyUsage=digitalSignature"], subject: "/CN=web.shop.svc")
        let asked = try ForeignAuthority.faults(old, names: ["web.shop.svc"])
        #expect(asked.map(\.code) == [.commonNameOnly] && asked[0].severity == .error)
        let unasked = try ForeignAuthority.faults(old)
        #expect(unasked.map(\.code) == [.commonNameOnly] && unasked[0].severity == .warning)
        let beside = try authority.issue([ForeignAuthority.leafNames], subject: "/CN=a.example.com")
        #expect(
            try ForeignAuthority.faults(beside, names: ["a.example.com"])[0].found.contains(
                "it is the common name"))
    }

    @Test(
        arguments: [
            ("/CN=www.example.com", [.commonNameOnly]), ("/CN=10.0.0.8", [.commonNameOnly]),
            // Covered, by itself or by a wildcard.
            ("/CN=WEB.shop.svc", []), ("/CN=a.example.com", []), ("/CN=10.0.0.7", []),
            // Titles, and what is no host at all.
            ("/CN=web", []), ("/CN=Shop Inc.", []), ("/CN=v1.2", []), ("/CN=http:\\/\\/a.b", []),
            ("/O=a.b", []),
        ] as [(String, [FaultCode])])
    func `a common name that reads like a host and is no name is warned about`(
        subject: String, expected: [FaultCode]
    ) throws {
        let names = "subjectAltName=DNS:web.shop.svc,DNS:*.example.com,IP:10.0.0.7"
        let expectation = subject == "/CN=www.example.com" ? "subjectAltName=DNS:web.shop.svc" : names
        let leaf = try authority.issue([expectation], subject: subject)
        let faults = try ForeignAuthority.faults(leaf)
        #expect(faults.map(\.code) == expected)
        #expect(faults.allSatisfy { $0.severity == .warning })
        // Whoever shows it as a client is known by its common name.
        let client = try authority.issue([expectation, "extendedKeyUsage=clientAuth"], subject: subject)
        #expect(try ForeignAuthority.faults(client).isEmpty)
        #expect(try ForeignAuthority.faults(leaf, usage: .client).allSatisfy { $0.code != .commonNameOnly })
    }

    @Test func `a client needs no names`() throws {
        let client = try authority.issue(["extendedKeyUsage=clientAuth"])
        #expect(try ForeignAuthority.faults(client) == [])
        #expect(try ForeignAuthority.faults(client, usage: .client) == [])
        #expect(try ForeignAuthority.faults(client, names: ["web.shop.svc"]).map(\.code) == [.commonNameOnly])
    }

    @Test(arguments: [
        "", "a..b", "bücher.example", "a b", "1.2.3", "10.0.0.7/8", "*", "*.com", "a.*.com", "-a.b",
        "spiffe://a b",
    ])
    func `names that no certificate can carry are not wanted`(text: String) {
        #expect(WantedName(parsing: text) == nil)
    }
}
