// SPDX-License-Identifier: Apache-2.0
import JSON
import Policies
import Testing
import Validation

@testable import podmint

struct NamespacesCheckTests {
    private func namespace(_ name: String, _ value: String?, _ more: (String, String)...) -> JSONValue {
        var labels: JSONObject = [:]
        if let value { labels["podmint.dev/injection"] = .string(value) }
        for (key, value) in more { labels[key] = .string(value) }
        return ["metadata": ["name": .string(name), "labels": .object(labels)]]
    }

    private func check(_ namespaces: JSONValue...) -> NamespacesCheck {
        NamespacesCheck(namespaces: namespaces, excluded: ["kube-system", "podmint-system"])
    }

    @Test func `counts who opted in, and names labels that mean nothing`() {
        let check = check(
            namespace("a", "enabled"), namespace("b", "audit"), namespace("c", nil), namespace("d", "true"),
            namespace("kube-system", "enabled"))
        #expect(check.findings.map(\.state) == [.faulty, .faulty, .good])
        #expect(check.findings[0].found.contains("podmint.dev/injection=true"))
        #expect(check.findings[1].object == "Namespace kube-system")
        #expect(check.findings[2].found == "opted in: 1 enabled, 1 audit")
        #expect(check.optedIn == ["a", "b"])
        #expect(check.forTrial == "a")
    }

    @Test func `nobody opted in is no fault`() {
        #expect(check(namespace("a", nil)).findings.map(\.state) == [.unseen])
        #expect(check(namespace("a", "audit")).forTrial == nil)
        #expect(check(namespace("a", "enabled", ("podmint.dev/validation", "Off"))).forTrial == nil)
        // A policy can be tried all the same.
        let plain = check(namespace("kube-system", nil), namespace("a", nil), namespace("default", nil))
        #expect(plain.forTrial == nil && plain.forPolicyTrial == "default")
        #expect(check(namespace("kube-system", nil)).forPolicyTrial == nil)
    }

    @Test func `each of them has the anchor`() {
        let check = check(namespace("a", "enabled"), namespace("b", "policies"))
        let pem = "-----BEGIN CERTIFICATE-----\n"
        #expect(check.anchorFindings(["a": pem, "b": pem]).map(\.state) == [.good])
        let missing = check.anchorFindings(["a": pem, "b": ""])
        #expect(missing.map(\.state) == [.faulty])
        #expect(missing[0].found.contains("such as b"))
    }
}
