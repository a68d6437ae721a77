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

struct AccountCheckTests {
    private let check = AccountCheck(namespace: "pm")

    @Test func `asks for each right that the manifests give, about podmint's account and its groups`() throws
    {
        let deed = try #require(
            check.questions.map(\.deed).first {
                $0.resource == "secrets" && $0.name == "podmint-serving" && $0.verb == "watch"
            })
        let spec = check.review(deed)["spec"]
        #expect(spec?["user"] == "system:serviceaccount:pm:podmint")
        #expect(spec?["groups"]?.array?.contains("system:serviceaccounts:pm") == true)
        #expect(
            spec?["resourceAttributes"] == [
                "verb": "watch", "group": "", "resource": "secrets", "name": "podmint-serving",
                "namespace": "pm",
            ])
        #expect(check.questions.contains { $0.deed.resource == "events" && $0.deed.namespace == nil })
    }

    @Test func `all there, one missing, and nobody to tell`() {
        var answers = check.questions.map { (question: $0, isAllowed: Look<Bool>.success(true)) }
        #expect(check.findings(answers).map(\.state) == [.good])
        answers[2].isAllowed = .success(false)
        let missing = check.findings(answers)
        #expect(missing.map(\.state) == [.faulty])
        #expect(missing[0].found.hasPrefix("may not \(answers[2].question.deed): "))
        answers[0].isAllowed = .failure(.status(code: 403, reason: "Forbidden", message: "no"))
        #expect(check.findings(answers).map(\.state) == [.unseen])
    }
}

struct TrialCheckTests {
    private func pod(_ answer: Look<JSONValue>) -> Diagnosis { TrialCheck.podFinding(answer, in: "shop") }
    private func failure(_ message: String, code: Int = 500) -> Look<JSONValue> {
        .failure(.status(code: code, reason: "", message: message))
    }

    @Test func `an injected pod shows that the API server reaches podmint`() {
        let injected: JSONValue = ["spec": ["initContainers": [["name": "podmint-agent"]]]]
        #expect(pod(.success(injected)).state == .good)
        #expect(pod(.success(["spec": ["containers": []]])).state == .faulty)
    }

    @Test func `a refusal by podmint shows it too`() {
        let refusal = failure(
            #"admission webhook "secrets.podmint.dev" denied the request: Secret "x": tls.crt …"#, code: 403)
        #expect(TrialCheck.secretFinding(refusal, in: "shop").state == .good)
        #expect(TrialCheck.secretFinding(.success([:]), in: "shop").state == .faulty)
    }

    @Test func `so does one of a policy, which needs no namespace that opted in`() throws {
        let refusal = failure(
            #"admission webhook "policies.podmint.dev" denied the request: TLSPolicy …"#, code: 403)
        #expect(TrialCheck.policyFinding(refusal, in: "default").state == .good)
        #expect(TrialCheck.policyFinding(.success([:]), in: "default").state == .faulty)
        let down = failure(#"failed calling webhook "policies.podmint.dev": connection refused"#)
        #expect(TrialCheck.policyFinding(down, in: "default").state == .faulty)
        let reading = TLSPolicy.read(try JSONDocument(TrialCheck.policy.serialized()).root)
        #expect(reading.faults.map(\.field) == ["spec.tls.subjectAltNames[0].dns"])
    }

    @Test(arguments: [
        (
            #"Internal error occurred: failed calling webhook "pods.podmint.dev": failed to call webhook: Post "https://podmint.podmint-system.svc:443/mutate/pods?timeout=5s": tls: failed to verify certificate: x509: certificate signed by unknown authority"#,
            "caBundle"
        ),
        (
            #"failed calling webhook "pods.podmint.dev": no endpoints available for service "podmint""#,
            "no podmint server is ready"
        ),
        (
            #"failed calling webhook "pods.podmint.dev": Post "https://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused"#,
            "no server listens"
        ),
        (#"failed calling webhook "pods.podmint.dev": context deadline exceeded"#, "firewall"),
        (#"failed calling webhook "pods.podmint.dev": service "podmint" not found"#, "Service"),
    ])
    func `a webhook that does not answer is a fault with its own cure`(message: String, cure: String) {
        let finding = pod(failure(message))
        #expect(finding.state == .faulty)
        #expect(finding.fix.contains(cure))
    }

    @Test(arguments: [
        (#"pods is forbidden: User "jane" cannot create resource "pods" in API group """#, 403),
        (#"pods "podmint-doctor" is forbidden: exceeded quota: q"#, 403),
        (#"admission webhook "policy.example.com" denied the request: no"#, 400),
    ])
    func `what says nothing about podmint is not seen`(message: String, code: Int) {
        #expect(pod(failure(message, code: code)).state == .unseen)
    }
}

struct ClockCheckTests {
    private let date = "Sun, 22 Nov 2026 10:00:00 GMT"
    private let time: Int64 = 1_795_341_600

    @Test func `reads the time that servers send`() {
        #expect(HTTPDate.seconds(date) == time)
        #expect(HTTPDate.seconds("Sunday, 22-Nov-26 10:00:00 GMT") == nil)
        #expect(HTTPDate.seconds("Sun, 22 Foo 2026 10:00:00 GMT") == nil)
    }

    @Test(arguments: [
        (Int64(-1), Int64(1), Diagnosis.State.good), (-60, -60, .good), (-61, -61, .faulty),
        (61, 62, .faulty),
        (-300, 300, .good),
    ])
    func `more than a minute is a fault, whatever the answer took`(
        asked: Int64, answered: Int64, state: Diagnosis.State
    ) {
        #expect(
            ClockCheck.finding(date: date, asked: time + asked, answered: time + answered).state == state)
    }

    @Test func `says who is ahead`() {
        let finding = ClockCheck.finding(date: date, asked: time - 90, answered: time - 90)
        #expect(finding.found.contains("90 s ahead of this machine's"))
        #expect(ClockCheck.finding(date: nil, asked: 0, answered: 0).state == .unseen)
    }
}

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

struct ServersCheckTests {
    private let check = ServersCheck(namespace: "pm", now: 1_795_341_600)

    @Test func `counts ready endpoints, each once`() {
        let slice: JSONValue = [
            "endpoints": [
                ["addresses": ["10.0.0.1"], "conditions": ["ready": true]],
                ["addresses": ["10.0.0.2"], "conditions": ["ready": false]], ["addresses": ["10.0.0.3"]],
            ]
        ]
        #expect(check.service([slice, slice]).found == "leads to 2 ready servers")
        #expect(check.service([["endpoints": .null]]).state == .faulty)
        #expect(check.service([]).state == .faulty)
    }

    @Test func `all replicas are ready, or not`() {
        #expect(check.deployment(["spec": ["replicas": 2], "status": ["readyReplicas": 2]]).state == .good)
        #expect(check.deployment(["spec": ["replicas": 2], "status": [:]]).found == "0 of 2 ready")
    }

    @Test(arguments: [
        ("", "2026-11-22T09:59:50.000000Z", Diagnosis.State.faulty),
        ("a", "2026-11-22T09:59:50.000000Z", .good),
        ("a", "2026-11-22T09:59:00.000000Z", .faulty), ("a", "never", .faulty),
    ])
    func `somebody leads now`(holder: String, renewed: String, state: Diagnosis.State) {
        let lease: JSONValue = [
            "spec": [
                "holderIdentity": .string(holder), "leaseDurationSeconds": 15, "renewTime": .string(renewed),
            ]
        ]
        #expect(check.lease(lease).state == state)
        #expect(check.lease(nil).state == .faulty)
    }
}

struct RouteCheckTests {
    private func agents(_ answer: RouteCheck.Answer, isGiven: Bool) -> [Diagnosis.State] {
        RouteCheck.agents("agents' route", answer, TrustCheck(now: 0), isGiven: isGiven).map(\.state)
    }

    @Test func `an agents' route that was named must work, one that was guessed need not be seen`() {
        for answer in [RouteCheck.Answer.unreachable("refused"), .answered(status: 404, body: [])] {
            #expect(agents(answer, isGiven: true) == [.faulty])
            #expect(agents(answer, isGiven: false) == [.unseen])
        }
        for isGiven in [true, false] {
            #expect(agents(.untrusted("x509"), isGiven: isGiven) == [.faulty])
            #expect(agents(.untried("no caBundle"), isGiven: isGiven) == [.unseen])
            #expect(agents(.answered(status: 200, body: []), isGiven: isGiven) == [.faulty])
        }
    }
}

struct DoctorReportTests {
    private let report = DoctorReport(findings: [
        .good("A", "first", "well"), .faulty("B", "second", "bad\u{1b}[2J", fix: "mend it"),
        .unseen("C", "third", "hidden", fix: "ask again"),
    ])

    @Test func `a mark, what, and a hint`() {
        #expect(
            report.rendered(as: .text, .plain) == """
                ✓ first: well
                ✗ second: bad [2J
                  hint: mend it
                – third: hidden
                  hint: ask again

                1 good, 1 faulty, 1 not seen

                """)
    }

    @Test func `as data it is what every checking command gives`() {
        #expect(report.value["valid"] == false)
        let fault: JSONValue = [
            "code": "B", "severity": "error", "object": "second", "field": "", "found": "bad\u{1b}[2J",
            "wanted": "",
            "fix": "mend it",
        ]
        #expect(report.value["faults"] == [fault])
        #expect(report.value["checks"]?.array?.count == 3)
        #expect(report.value["checks"]?[2]?["state"] == "unseen")
        #expect(DoctorReport(findings: [.unseen("C", "x", "y", fix: "z")]).isValid)
    }
}
