// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesClient
import Policies
import Testing
import Validation

@testable import podmint

struct WebhookCheckTests {
    private let printed = WebhookConfigurations(options: InstallOptions()).objects[1]
    private var check: WebhookCheck { WebhookCheck(kind: "ValidatingWebhookConfiguration", wanted: printed) }

    /// As the API server gives it back: with defaults and a caBundle.
    private func live(_ change: (inout JSONValue, Int) -> Void = { _, _ in }) -> JSONValue {
        var live = printed
        var entries = live["webhooks"]?.array ?? []
        for index in entries.indices {
            entries[index]["objectSelector"] = [:]
            var config = entries[index]["clientConfig"] ?? [:]
            config["caBundle"] = "QQ=="
            entries[index]["clientConfig"] = config
            change(&entries[index], index)
        }
        live["webhooks"] = .array(entries)
        return live
    }

    @Test func `what is printed, with the API server's defaults, is good`() {
        let findings = check.findings(live())
        #expect(findings.map(\.state) == [.good])
    }

    @Test func `one that leads to a URL is good too`() {
        let findings = check.findings(
            live { entry, _ in
                let path = entry.at("clientConfig", "service", "path")?.string ?? ""
                entry["clientConfig"] = ["url": .string("https://10.1.2.3:8443\(path)")]
            })
        #expect(findings.map(\.state) == [.good])
    }

    @Test(arguments: [true, false])
    func `an empty list is no difference, whether the API server keeps it or not`(keepsEmpty: Bool) {
        let printed = WebhookConfigurations(options: InstallOptions()).objects[0]
        var live = printed
        let entries = printed["webhooks"]?.array ?? []
        live["webhooks"] = .array(
            entries.map { entry in
                var kept = entry
                kept["clientConfig"]?["caBundle"] = "QQ=="
                if !keepsEmpty, kept["matchConditions"] == .array([]) { kept["matchConditions"] = nil }
                return kept
            })
        #expect(live["webhooks"] != nil && entries.contains { $0["matchConditions"] == .array([]) })
        let check = WebhookCheck(kind: "MutatingWebhookConfiguration", wanted: printed)
        #expect(check.findings(live).map(\.state) == [.good])
    }

    @Test func `nothing there is one fault`() {
        let findings = check.findings(nil)
        #expect(findings.map(\.state) == [.faulty])
        #expect(findings[0].found.contains("not there"))
    }

    @Test func `a missing entry is named`() {
        var live = live()
        live["webhooks"] = .array(Array((live["webhooks"]?.array ?? []).dropFirst()))
        let findings = check.findings(live)
        #expect(findings.map(\.state) == [.faulty])
        #expect(findings[0].found == "lacks the entry final-pods.podmint.dev")
    }

    @Test(arguments: [
        ("failurePolicy", JSONValue.string("Ignore")), ("timeoutSeconds", .integer(30)),
        ("matchConditions", .array([])),
        ("sideEffects", JSONValue.string("Unknown")),
    ])
    func `a changed field is named with what it is and should be`(field: String, value: JSONValue) {
        let findings = check.findings(live { entry, index in if index == 0 { entry[field] = value } })
        #expect(findings.map(\.state) == [.faulty])
        #expect(findings[0].found.contains("final-pods.podmint.dev: \(field) is \(value.text)"))
    }

    private func selectors(_ change: (inout [JSONValue]) -> Void) -> [Diagnosis.State] {
        check.findings(
            live { entry, _ in
                var expressions = entry.at("namespaceSelector", "matchExpressions")?.array ?? []
                change(&expressions)
                entry["namespaceSelector"]?["matchExpressions"] = .array(expressions)
            }
        ).map(\.state)
    }

    private static func expression(_ key: String, _ how: String, _ values: String...) -> JSONValue {
        ["key": .string(key), "operator": .string(how), "values": .strings(values)]
    }

    @Test func `namespaces may be taken out besides ours`() {
        #expect(selectors { $0.append(Self.expression("team", "In", "a")) } == [.good])
        #expect(selectors { $0.reverse() } == [.good])
        let more = selectors { expressions in
            let last = expressions.count - 1
            let own = expressions[last]["values"]?.array ?? []
            expressions[last]["values"] = .array(["legacy"] + own.reversed())
        }
        #expect(more == [.good])
        #expect(
            selectors { $0.append(Self.expression("kubernetes.io/metadata.name", "NotIn", "legacy")) } == [
                .good
            ])
    }

    @Test func `none of ours may be put in`() {
        let count = (printed["webhooks"]?.array ?? []).count
        let faulty = [Diagnosis.State](repeating: .faulty, count: count)
        #expect(selectors { $0.removeLast() } == faulty)
        #expect(selectors { $0[$0.count - 1]["values"] = ["kube-system"] } == faulty)
        #expect(selectors { $0[$0.count - 1]["operator"] = "In" } == faulty)
        // Who opts in is ours to say; policies.podmint.dev has no such expression.
        let wider = selectors { expressions in
            guard expressions[0]["key"] == "podmint.dev/injection" else { return }
            expressions[0]["values"] = ["enabled", "policies", "audit", "yes"]
        }
        #expect(wider == faulty.dropLast())
        let finding = check.findings(
            live { entry, index in if index == 0 { entry["namespaceSelector"] = [:] } })
        #expect(finding.map(\.found)[0].hasPrefix("entry final-pods.podmint.dev: namespaceSelector is {}"))
    }

    @Test func `an entry that leads elsewhere`() {
        let findings = check.findings(
            live { entry, index in
                if index == 0 { entry["clientConfig"] = ["service": ["name": "podmint", "path": "/old"]] }
            })
        #expect(findings.map(\.state) == [.faulty])
        #expect(findings[0].found.contains("clientConfig leads to /old"))
    }

    @Test func `an entry of another version, and one in somebody else's configuration`() {
        var live = live()
        let old: JSONValue = ["name": "ingresses.podmint.dev"]
        live["webhooks"] = .array((live["webhooks"]?.array ?? []) + [old])
        let findings = check.findings(live)
        #expect(findings.map(\.code) == ["LeftoverWebhook"])
        #expect(findings[0].found.contains("ingresses.podmint.dev"))
        let strays = WebhookCheck.strays(
            [
                ["metadata": ["name": "podmint"], "webhooks": [["name": "pods.podmint.dev"]]],
                ["metadata": ["name": "podmint-old"], "webhooks": [["name": "pods.podmint.dev"]]],
                ["metadata": ["name": "istio"], "webhooks": [["name": "pods.istio.io"]]],
            ], kind: "MutatingWebhookConfiguration")
        #expect(strays.map(\.object) == ["MutatingWebhookConfiguration podmint-old"])
    }
}
