// SPDX-License-Identifier: Apache-2.0
import Issuance
import JSON
import KubernetesAPI
import KubernetesClient
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
        _ name: String, in namespace: String = "shop", agent: Bool = false, asks: String? = "true",
        phase: String = "Running", volume: JSONValue? = nil, os: String = "linux"
    ) -> JSONValue {
        var annotations: JSONObject = [:]
        if let asks { annotations["podmint.dev/inject"] = .string(asks) }
        return [
            "metadata": [
                "name": .string(name), "namespace": .string(namespace), "uid": .string("uid-\(name)"),
                "annotations": .object(annotations), "labels": ["app": .string(name)],
            ],
            "spec": [
                "initContainers": agent ? [["name": "podmint-agent"]] : [],
                "volumes": .array(volume.map { [$0] } ?? []), "os": ["name": .string(os)],
            ],
            "status": ["phase": .string(phase)],
        ]
    }

    private static func namespace(_ name: String, _ value: String) -> JSONValue {
        [
            "metadata": [
                "name": .string(name), "labels": ["podmint.dev/injection": .string(value)],
            ]
        ]
    }

    private static let namespaces = NamespacesCheck(
        namespaces: [
            namespace("shop", "enabled"), namespace("labels", "policies"), namespace("audited", "audit"),
            namespace("kube-system", "enabled"), ["metadata": ["name": "other"]],
        ], excluded: ["kube-system"])

    /// Selects `web` by its label; its Secret is what the condition says.
    private static func policy(
        _ name: String, in namespace: String, secret: String? = nil, reason: String = "Ready"
    ) -> JSONValue {
        var spec: JSONValue = ["selector": ["matchLabels": ["app": "web"]]]
        if let secret { spec["tls"] = ["certificate": ["secretName": .string(secret)]] }
        return [
            "metadata": ["name": .string(name), "namespace": .string(namespace), "uid": .string(name)],
            "spec": spec,
            "status": [
                "conditions": [
                    ["type": "AuthorityReady", "status": "False", "reason": .string(reason)],
                    ["type": "Ready", "status": "False", "reason": .string(reason), "message": "so it is"],
                ]
            ],
        ]
    }

    private static func standings(_ pods: [JSONValue], policies: [JSONValue] = []) -> [PodStanding] {
        PodStanding.all(
            pods, in: namespaces, policies: policies,
            trail(issued("uid-web", serial: "0a", until: "2026-11-23T10:00:00Z")),
            bundles(seen("uid-web", "0123", at: 1), seen("uid-old", "0000", at: 0)))
    }

    private static func seen(
        _ uid: String, _ digest: String, at minute: Int, policy: String = "default",
        in namespace: String = "shop"
    ) -> String {
        #"{"ts":"2026-11-22T10:0\#(minute):00.000Z","level":"info","msg":"\#(SeenBundles.message)","logger":"podmint","bundle":"\#(digest)","namespace":"\#(namespace)","pod":"p","policy":"\#(policy)","uid":"\#(uid)"}"#
    }

    private static func bundles(_ lines: String...) -> BundleTrail {
        var trail = BundleTrail()
        trail.read(Array(lines.joined(separator: "\n").utf8))
        return trail
    }

    @Test func `of one policy's pods those are current that said the same as the last one`() {
        let trail = Self.bundles(
            Self.seen("a", "11", at: 3), Self.seen("b", "00", at: 2), Self.seen("a", "00", at: 1),
            Self.seen("a", "99", at: 1, policy: "http"), Self.seen("c", "77", at: 0, in: "other"),
            #"{"ts":"2026-11-22T10:09:00.000Z","msg":"An agent came"}"#, "{")
        #expect(
            trail.held(byPod: "a") == [
                .init(policy: "default", digest: "11", isCurrent: true),
                .init(policy: "http", digest: "99", isCurrent: true),
            ])
        #expect(trail.held(byPod: "b") == [.init(policy: "default", digest: "00", isCurrent: false)])
        #expect(trail.held(byPod: "c").map(\.isCurrent) == [true])
        #expect(trail.held(byPod: "d").isEmpty)
    }

    @Test func `bundles are counted over all pods that must hold one, and by policy where some do not`() {
        let volume: JSONValue = ["name": "podmint-default", "emptyDir": [:]]
        let pods = Self.standings([
            Self.pod("web", agent: true, volume: volume), Self.pod("old", agent: true, volume: volume),
            Self.pod("silent", agent: true, volume: volume),
            Self.pod("elsewhere", in: "other", agent: true, volume: volume), Self.pod("missed"),
        ])
        #expect(
            Survey.bundles(of: pods)?.text
                == "the current one is held by 1 of 4, as their agents say; other/default: 0 of 1; shop/default: 1 of 3"
        )
        #expect(Survey.bundles(of: Self.standings([Self.pod("missed")])) == nil)
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
        (pod("a", agent: true), PodStanding.State?.some(.injected)), (pod("a"), .missed),
        // Injected before its namespace opted out again.
        (pod("a", in: "other", agent: true), .injected),
        (pod("a", in: "other"), nil), (pod("a", in: "audited"), nil), (pod("a", in: "kube-system"), nil),
        (pod("a", asks: "false"), nil), (pod("a", asks: nil), nil), (pod("a", phase: "Succeeded"), nil),
        // No agent can run in it.
        (pod("a", os: "windows"), nil),
        // A user certificate is a volume alone.
        (pod("a", volume: ["name": "podmint-tr", "secret": ["secretName": "web-tls"]]), .mounted),
        // Selectors ask where the namespace says so.
        (pod("web", in: "labels", asks: nil), .missed), (pod("web", asks: nil), nil),
        (pod("web", in: "labels", asks: "false"), nil), (pod("api", in: "labels", asks: nil), nil),
    ])
    func `a pod has its certificate, has it mounted, or missed it`(
        pod: JSONValue, state: PodStanding.State?
    ) {
        let policies = [Self.policy("tr", in: "labels"), Self.policy("tr", in: "shop")]
        #expect(Self.standings([pod], policies: policies).first?.state == state)
    }

    @Test func `what a policy's Secret turned out to be is read in its status, not in the Secret`() {
        let pod = Self.pod(
            "web", in: "labels", agent: true, volume: ["name": "podmint-tr", "emptyDir": [:]])
        for (reason, state) in [
            ("Ready", PodStanding.State.injected), ("UserCertificate", .missed), ("MissingRights", .injected),
        ] {
            let policy = Self.policy("tr", in: "labels", secret: "s", reason: reason)
            #expect(Self.standings([pod], policies: [policy]).map(\.state) == [state], "\(reason)")
        }
    }

    @Test func `a namespace that needs more rights than it gives has a line`() throws {
        let lines = Survey.lines(
            .success([
                Self.policy("tr", in: "shop", secret: "s", reason: "MissingRights"),
                Self.policy("tr", in: "labels"),
            ]))
        #expect(lines.map(\.topic) == ["policies", "rights"])
        #expect(lines[0].text == "0 of 2 ready; shop/tr: so it is; labels/tr: so it is")
        #expect(
            lines[1].text
                == "namespace shop lacks ClusterRole podmint-namespace, which TLSPolicy tr needs: podmint manifests --allow-namespace shop"
        )
        let hidden = Survey.lines(.failure(.status(code: 403, reason: "Forbidden", message: "no")))
        #expect(hidden.map(\.isSeen) == [false])
    }

    @Test func `the rotation's phase is the one that its Secret is in`() async throws {
        let secret = try await ServingSecret()
        let now = SystemTime.now
        let text = { RotationStanding.text(secret.object, at: now) }
        #expect(text() == "stable")
        secret.annotate("key seen")
        #expect(text() == "requested: asked for (key seen), and not begun")
        try secret.apply(secret.authorities().beginning(at: now))
        #expect(text().hasPrefix("distributing: a new CA, made at \(Timestamp(secondsSinceEpoch: now))"))
        guard case .waiting(let next) = try secret.authorities().successor else {
            Issue.record("no successor")
            return
        }
        try secret.apply(secret.authorities().turning(to: next, at: now))
        #expect(text() == "stable, with 1 former CA still trusted until it ends")
        #expect(RotationStanding.text(nil, at: now).hasPrefix("none: there is no Secret podmint-serving"))
        #expect(RotationStanding.text(["data": [:]], at: now).hasPrefix("unusable: "))
    }

    @Test func `a table for people, and what could not be seen`() throws {
        var report = StatusReport()
        report.lines = [
            .init(topic: "leader", text: "podmint-1 leads"),
            .init(topic: "serving CA", text: "cannot be seen: no", isSeen: false),
        ]
        report.pods = Self.standings([
            Self.pod("web", agent: true), Self.pod("b"), Self.pod("old", agent: true),
            Self.pod("c", volume: ["name": "podmint-tr", "secret": ["secretName": "web-tls"]]),
        ])
        report.source = "Serials: from here."
        #expect(
            report.rendered(as: .text, .plain) == """
                leader      podmint-1 leads
                serving CA  – cannot be seen: no

                NAMESPACE   POD   STATE      POLICY    SERIAL   EXPIRES                BUNDLE    ISSUER
                shop        web   injected   default   0a       2026-11-23T10:00:00Z   current   CN=podmint default
                shop        b     missed     –         –        –                      –         –
                shop        old   injected   default   –        –                      former    –
                shop        c     mounted    tr        –        –                      –         Secret web-tls

                Serials: from here.

                """)
        #expect(report.value["pods"]?[0]?["certificates"]?[0]?["serial"] == "0a")
        #expect(report.value["pods"]?[1]?["state"] == "missed")
        #expect(report.value["pods"]?[0]?["bundles"]?[0]?["current"] == true)
        #expect(report.value["pods"]?[2]?["bundles"]?[0]?["digest"] == "0000")
        #expect(report.value["pods"]?[3]?["mounts"]?[0]?["policy"] == "tr")
        #expect(report.value["status"]?[1]?["seen"] == false)
    }
}
