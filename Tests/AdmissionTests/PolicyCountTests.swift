// SPDX-License-Identifier: Apache-2.0
import Injection
import JSON
import Policies
import Testing

@testable import Admission

struct PolicyCountTests {
    private static func policy(_ spec: JSONValue) throws -> TLSPolicy {
        let object: JSONValue = ["metadata": ["name": "web", "namespace": "shop", "uid": "u"], "spec": spec]
        return try #require(TLSPolicy.read(JSONDocument(object.serialized()).root).value)
    }

    private static let selecting: JSONValue = ["selector": ["matchLabels": ["app": "web"]]]

    private func count(
        _ pods: [PodUse], optIn: String, _ policy: TLSPolicy, secret: UserSecret = .notReadable
    ) -> [Int] {
        let count = PolicyCount(
            of: policy, among: pods, in: .known(["podmint.dev/injection": optIn]), policies: [policy],
            secret: { $0 == "s" ? secret : .notReadable })
        return [count.carrying, count.missing]
    }

    private static func pod(
        _ annotations: JSONValue = [:], labels: JSONValue = ["app": "web"], agent: Bool = false,
        volume: JSONObject? = nil, phase: String = "Running", os: String = "linux"
    ) throws -> PodUse {
        var spec: JSONValue = ["containers": [], "os": ["name": .string(os)]]
        if agent { spec["initContainers"] = [["name": "podmint-agent"]] }
        if var volume {
            if volume["name"] == nil { volume["name"] = "podmint-web" }
            spec["volumes"] = [.object(volume)]
        }
        return try MissedInjectionTests.pod(
            annotations, labels: labels, spec: spec, status: ["phase": .string(phase)])
    }

    private static let memory: JSONObject = ["emptyDir": ["medium": "Memory"]]
    private static let mounted: JSONObject = ["secret": ["secretName": "s"]]
    private static let projected: JSONObject = [
        "projected": ["sources": [["secret": ["name": "s", "items": [["key": "tls.key", "path": "k"]]]]]]
    ]
    private static let trust: JSONObject = ["projected": ["sources": [["configMap": ["name": "ca"]]]]]

    @Test func `who has what the policy gives carries it, issued, mounted or trust alone`() throws {
        let pods = [
            try Self.pod(agent: true, volume: Self.memory), try Self.pod(volume: Self.mounted),
            try Self.pod(volume: Self.projected), try Self.pod(volume: Self.trust),
        ]
        for optIn in ["policies", "enabled", "audit"] {
            #expect(count(pods, optIn: optIn, try Self.policy(Self.selecting)) == [4, 0], "\(optIn)")
        }
        #expect(
            pods.map { $0.holdings["web"] } == [
                .issued, .mounted(secret: "s"), .mounted(secret: "s"), .trust,
            ]
        )
        // Memory that nobody fills is no certificate, and one that has ended has none.
        let others = [
            try Self.pod(volume: Self.memory),
            try Self.pod(agent: true, volume: Self.memory, phase: "Failed"),
        ]
        #expect(count(others, optIn: "policies", try Self.policy(Self.selecting)) == [0, 1])
    }

    @Test func `a Secret that its author mounted is carried too`() throws {
        let own: JSONObject = ["name": "own", "secret": ["secretName": "s"]]
        let policy = try Self.policy([
            "selector": ["matchLabels": ["app": "web"]], "tls": ["certificate": ["secretName": "s"]],
        ])
        #expect(count([try Self.pod(volume: own)], optIn: "policies", policy) == [1, 0])
        let named = try Self.pod(["podmint.dev/inject": "true", "podmint.dev/secret": "s"], volume: own)
        #expect(count([named], optIn: "enabled", try Self.policy(Self.selecting)) == [1, 0])
    }

    @Test func `only who asks is missed, by the rule of admission`() throws {
        let policy = try Self.policy(Self.selecting)
        let asking: JSONValue = ["podmint.dev/inject": "true"]
        for (pod, policies, enabled) in [
            // Selected: asks where policies select; elsewhere once something asks.
            (try Self.pod(), 1, 0), (try Self.pod(asking), 1, 1),
            // Named alone: asks for nothing.
            (try Self.pod(["podmint.dev/policy": "web"], labels: ["app": "x"]), 0, 0),
            (
                try Self.pod(
                    ["podmint.dev/inject": "true", "podmint.dev/policy": "http, web"], labels: ["app": "x"]),
                1, 1
            ),
            (try Self.pod(["podmint.dev/inject": "false"]), 0, 0), (try Self.pod(labels: ["app": "x"]), 0, 0),
            (try Self.pod(asking, os: "windows"), 0, 0),
        ] {
            #expect(count([pod], optIn: "policies", policy) == [0, policies], "\(pod)")
            #expect(count([pod], optIn: "enabled", policy) == [0, enabled], "\(pod)")
            #expect(count([pod], optIn: "audit", policy) == [0, 0])
        }
    }

    /// Rights to read Secrets, and the Secrets themselves, may come after the pods.
    @Test func `a pod that got the other thing than its policy's Secret turned out to be is missed`() throws {
        let policy = try Self.policy([
            "selector": ["matchLabels": ["app": "web"]], "tls": ["certificate": ["secretName": "s"]],
        ])
        let issued = try Self.pod(agent: true, volume: Self.memory)
        let waiting = try Self.pod(volume: Self.projected, phase: "Pending")
        #expect(count([issued, waiting], optIn: "policies", policy) == [2, 0])
        #expect(count([issued, waiting], optIn: "policies", policy, secret: .certificate) == [1, 1])
        #expect(count([issued, waiting], optIn: "policies", policy, secret: .authority) == [1, 1])
    }
}
