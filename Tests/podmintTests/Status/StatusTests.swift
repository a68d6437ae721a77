// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import Testing

@testable import podmint

struct StatusTests {
    private static func issued(_ uid: String, serial: String, until: String, policy: String = "default")
        -> String
    {
        #"{"audit":"c","seq":1,"uid":"\#(uid)","policy":"\#(policy)","verdict":"issued","serial":"\#(serial)","notAfter":"\#(until)","issuer":"CN=podmint default","names":[]}"#
    }

    private static func trail(_ lines: String...) -> AuditTrail {
        var trail = AuditTrail()
        trail.read(Array(lines.joined(separator: "\n").utf8))
        return trail
    }

    private static func pod(
        _ name: String, in namespace: String, agent: Bool, asks: String? = "true", phase: String = "Running"
    ) -> JSONValue {
        var annotations: JSONObject = [:]
        if let asks { annotations["podmint.dev/inject"] = .string(asks) }
        return [
            "metadata": [
                "name": .string(name), "namespace": .string(namespace), "uid": .string("uid-\(name)"),
                "annotations": .object(annotations),
            ],
            "spec": ["initContainers": agent ? [["name": "podmint-agent"]] : []],
            "status": ["phase": .string(phase)],
        ]
    }

    @Test func `the audit says what a pod has: the certificate that lasts longest, of each policy`() {
        let trail = Self.trail(
            #"{"ts":"2026-11-22T10:00:00Z","msg":"Issued a certificate","uid":"a"}"#,
            Self.issued("a", serial: "01", until: "2026-11-23T10:00:00Z"),
            Self.issued("a", serial: "03", until: "2026-11-24T10:00:00Z"),
            Self.issued("a", serial: "02", until: "2026-11-23T18:00:00Z"),
            Self.issued("a", serial: "99", until: "2026-11-23T10:00:00Z", policy: "http"),
            #"{"audit":"c","seq":9,"uid":"a","policy":"default","verdict":"denied","code":"ForbiddenName"}"#,
            #"{"audit":"c","seq":10,"uid":"a","verdict":"issued""#, "")
        #expect(trail.certificates(ofPod: "a").map(\.serial) == ["03", "99"])
        #expect(trail.certificates(ofPod: "a").map(\.policy) == ["default", "http"])
        #expect(trail.certificates(ofPod: "b").isEmpty)
    }

    @Test(arguments: [
        (pod("a", in: "shop", agent: true), PodStanding.State?.some(.injected)),
        (pod("a", in: "shop", agent: false), .missed),
        // Injected before its namespace opted out again.
        (pod("a", in: "other", agent: true), .injected),
        (pod("a", in: "other", agent: false), nil), (pod("a", in: "shop", agent: false, asks: "false"), nil),
        (pod("a", in: "shop", agent: false, asks: nil), nil),
        (pod("a", in: "shop", agent: false, phase: "Succeeded"), nil),
    ])
    func `a pod that asked and has no agent missed injection`(pod: JSONValue, state: PodStanding.State?) {
        #expect(PodStanding(pod, injecting: ["shop"], AuditTrail())?.state == state)
    }

    @Test func `a table for people, and what could not be seen`() throws {
        let trail = Self.trail(Self.issued("uid-web", serial: "0a", until: "2026-11-23T10:00:00Z"))
        var report = StatusReport()
        report.lines = [
            .init(topic: "leader", text: "podmint-1 leads"),
            .init(topic: "serving CA", text: "cannot be seen: no", isSeen: false),
        ]
        report.pods = [
            try #require(PodStanding(Self.pod("web", in: "shop", agent: true), injecting: ["shop"], trail)),
            try #require(PodStanding(Self.pod("b", in: "shop", agent: false), injecting: ["shop"], trail)),
        ]
        report.source = "Serials: from here."
        #expect(
            report.rendered(as: .text, .plain) == """
                leader      podmint-1 leads
                serving CA  – cannot be seen: no

                NAMESPACE   POD   STATE      POLICY    SERIAL   EXPIRES                ISSUER
                shop        web   injected   default   0a       2026-11-23T10:00:00Z   CN=podmint default
                shop        b     missed     –         –        –                      –

                Serials: from here.

                """)
        #expect(report.value["pods"]?[0]?["certificates"]?[0]?["serial"] == "0a")
        #expect(report.value["pods"]?[1]?["state"] == "missed")
        #expect(report.value["status"]?[1]?["seen"] == false)
    }
}
