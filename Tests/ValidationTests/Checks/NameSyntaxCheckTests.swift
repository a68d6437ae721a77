// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Validation

struct NameSyntaxCheckTests {
    @Test(arguments: [
        "web", "web.shop.svc.cluster.local", "_acme.example.com", "xn--bcher-kva.example", "*.example.com",
        "a-b.c1.d2e",
        String(repeating: "a", count: 63) + ".b",
    ])
    func `good names`(name: String) {
        #expect(DNSNameSyntax.defect(of: name) == nil)
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", "*", "*.com", "a.*.com", "w*.example.com", "*a.example.com", "a b.com",
        "a/b.com",
        "-a.com", "a-.com", "10.0.0.7", "a.7", "bücher.example", String(repeating: "a", count: 64) + ".b",
        Array(repeating: "abcdefg", count: 32).joined(separator: "."),
    ])
    func `names that nobody can match`(name: String) {
        #expect(DNSNameSyntax.defect(of: name) != nil)
    }

    @Test func `each bad name of a certificate is told once`() throws {
        let authority = try ForeignAuthority()
        let leaf = try authority.issue(["subjectAltName=DNS:web.shop.svc,DNS:10.0.0.7,DNS:a..b,DNS:*.*.x"])
        let faults = try ForeignAuthority.faults(leaf)
        #expect(faults.map(\.code) == [.invalidName, .invalidName, .invalidName])
        #expect(faults[0].found.contains("\"10.0.0.7\", which is an address written as a DNS name"))
        let many = (0..<40).map { "DNS:a..\($0)" }.joined(separator: ",")
        #expect(try ForeignAuthority.faults(authority.issue(["subjectAltName=\(many)"])).count == 10)
    }
}
