// SPDX-License-Identifier: Apache-2.0
import JSON
import OpenSSL
import SigningProtocol
import Testing
import Validation

@testable import Policies

@Suite struct ClusterAuthorityTests {
    private func read(_ spec: String, name: String = "shared") throws -> PolicyReading<ClusterAuthority> {
        ClusterAuthority.read(try JSONDocument(#"{"metadata": {"name": "\#(name)"}, "spec": \#(spec)}"#).root)
    }

    @Test func `a rule allows what it names, to whom it names, and nothing else`() throws {
        let authority = try #require(
            try read(
                #"""
                {"selfSigned": {}, "allow": [{"namespaces": ["shop"], "serviceAccounts": ["web"],
                  "dns": ["*.${POD_NAMESPACE}.example.com"], "ips": ["10.0.0.0/8", "2001:db8::/32"],
                  "uris": ["spiffe://example.com/ns/${POD_NAMESPACE}/*"], "maxDuration": "1h"}]}
                """#
            ).value)
        let rule = try #require(authority.allow.first)
        #expect(rule.concerns(namespace: "shop", labels: [:], serviceAccount: "web"))
        #expect(!rule.concerns(namespace: "shop", labels: [:], serviceAccount: "db"))
        #expect(!rule.concerns(namespace: "bank", labels: [:], serviceAccount: "web"))
        let values: (NameVariable) -> [String] = { $0 == .podNamespace ? ["shop"] : [] }
        func allows(_ name: SubjectAlternativeName?) -> Bool { name.map { rule.allows($0, values) } ?? false }
        #expect(allows(.dns("a.shop.example.com")))
        #expect(!allows(.dns("a.bank.example.com")))
        #expect(!allows(.dns("a.b.shop.example.com")))
        #expect(!allows(.dns(".shop.example.com")))
        #expect(!allows(.dns("*.shop.example.com")))
        #expect(allows(.uri("spiffe://example.com/ns/shop/x")))
        #expect(!allows(.uri("spiffe://example.com/ns/shop/x/y")))
        #expect(allows(.ip(parsing: "10.1.2.3")))
        #expect(!allows(.ip(parsing: "11.1.2.3")))
        #expect(allows(.ip(parsing: "2001:db8::1")))
        #expect(rule.longestLifetime?.text == "1h")
    }

    @Test(arguments: [
        (#"{"allow": [{"dns": ["a.example"]}]}"#, "spec.allow[0].namespaces"),
        (#"{"allow": [{"namespaces": ["*"], "dns": ["*"]}]}"#, "spec.allow[0].dns[0]"),
        (#"{"allow": [{"namespaces": ["*"], "ips": ["10.0.0.1/8"]}]}"#, "spec.allow[0].ips[0]"),
        (#"{"allow": [{"namespaces": ["*"], "name": []}]}"#, "spec.allow[0].name"),
        (#"{"selfSigned": {}, "certificate": {"secretName": "a"}}"#, "spec.certificate"),
        (#"{"certificate": {}}"#, "spec.certificate.secretName"),
        (#"{"vault": {}}"#, "spec.vault"),
    ])
    func `names the field that is wrong`(spec: String, field: String) throws {
        let reading = try read(spec)
        #expect(reading.value == nil)
        #expect(reading.faults.map(\.field) == [field])
    }

    @Test func `no name that could be a policy's own authority's`() throws {
        #expect(try read("{}", name: "shop.web").faults.map(\.field) == ["metadata.name"])
    }
}
