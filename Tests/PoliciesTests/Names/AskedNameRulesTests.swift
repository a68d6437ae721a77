// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Testing

@testable import Policies

struct AskedNameRulesTests {
    private func denial(
        _ name: SubjectAlternativeName, from source: AskedName.Source = .policy, own: Bool = true,
        namespace: String = "shop"
    ) -> String? {
        let grant = NameGrant(isOwnAuthority: own, rule: { $0 == .dns("a.example.com") ? "rule" : nil })
        let rules = AskedNameRules(namespace: namespace, cluster: .standard, grant: grant)
        guard case .denied(let rule) = rules.judge(AskedName(name, from: source).normalised) else {
            return nil
        }
        return rule
    }

    @Test func `an own authority gives what is nobody else's, a shared one what a rule gives`() {
        for name in ["a.example.com", "b.example.com", "x.shop.svc", "A.Example.com."] {
            #expect(denial(.dns(name)) == nil)
        }
        #expect(denial(.uri("https://example.com/x")) == nil && denial(.ip([1, 2, 3, 4])) == nil)
        #expect(denial(.dns("A.Example.com."), own: false) == nil)
        for name: SubjectAlternativeName in [
            .dns("b.example.com"), .uri("https://a.b/c"), .ip([1, 2, 3, 4]),
        ] {
            #expect(denial(name, own: false)?.contains("no allow rule") == true)
        }
    }

    @Test(
        arguments: [
            (.dns("x.bank.svc"), "belongs to namespace \"bank\""),
            (.dns("svc.cluster.local"), "the cluster itself"),
            (.dns("*.x.bank.svc.cluster.local"), "belongs to namespace"),
            (.dns("a_b.example.com"), "no valid DNS"),
            (.dns("exämple.com"), "A-labels"), (.dns("10.0.0.7"), "ends in a number"),
            (.dns("*.com"), "top-level domain"), (.uri("spiffe://a/b"), "SPIFFE ID"),
            (.uri("no-scheme"), "no absolute URI"), (.ip([169, 254, 1, 1]), "names no one machine"),
            (.email("a@b.c"), "does not issue"),
        ] as [(SubjectAlternativeName, String)]) func `some names nobody gets by asking`(
            name: SubjectAlternativeName, rule: String
        )
    {
        #expect(denial(name)?.contains(rule) == true)
        #expect(denial(name, own: false)?.contains(rule) == true)
    }

    @Test(
        arguments: [
            .dns("*.example.com"), .dns("localhost"), .dns("a.localhost"), .ip([127, 0, 0, 1]),
        ] as [SubjectAlternativeName]) func `a wildcard and loopback are for the policy of an own authority`(
            name: SubjectAlternativeName
        )
    {
        #expect(denial(name) == nil)
        #expect(denial(name, from: .pod) != nil && denial(name, own: false) != nil)
    }

    @Test func `a namespace that looks like the cluster's own domain gives no names`() {
        #expect(denial(.dns("x.cluster.svc"), namespace: "cluster")?.contains("is called like") == true)
    }
}
