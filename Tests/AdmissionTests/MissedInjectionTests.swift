// SPDX-License-Identifier: Apache-2.0
import Injection
import JSON
import KubernetesAPI
import Policies
import Testing
import Validation

@testable import Admission

struct MissedInjectionTests {
    static func pod(
        _ annotations: JSONValue = [:], labels: JSONValue = ["app": "web"],
        spec: JSONValue = ["containers": []],
        status: JSONValue = ["phase": "Running"], metadata: JSONObject = [:]
    ) throws -> PodUse {
        var all: JSONObject = [
            "name": "web-1", "namespace": "shop", "uid": "u", "annotations": annotations, "labels": labels,
        ]
        for (key, value) in metadata { all[key] = value }
        let pod: JSONValue = ["metadata": .object(all), "spec": spec, "status": status]
        return try #require(PodUse(try JSONDocument(pod.serialized()).root))
    }

    func missed(_ pod: PodUse, optIn: String = "enabled", policies: [TLSPolicy] = []) -> Bool {
        !MissedInjection.pods(among: [pod], in: .known(["podmint.dev/injection": optIn]), policies: policies)
            .isEmpty
    }

    static let asking: JSONValue = ["podmint.dev/inject": "true"]

    @Test func `a pod that asks and has no agent was missed, in a namespace that injects`() throws {
        let pod = try Self.pod(Self.asking)
        #expect(missed(pod) && missed(pod, optIn: "policies"))
        #expect(!missed(pod, optIn: "audit") && !missed(pod, optIn: "later"))
        #expect(MissedInjection.pods(among: [pod], in: .notYetSynced, policies: []).isEmpty)
    }

    @Test func `pods that have it, want none, cannot have it or are over were not`() throws {
        let agent: JSONValue = ["initContainers": [["name": "podmint-agent"]], "containers": []]
        #expect(try !missed(Self.pod(Self.asking, spec: agent)))
        #expect(try !missed(Self.pod()))
        #expect(try !missed(Self.pod(["podmint.dev/inject": "false"])))
        #expect(try !missed(Self.pod(Self.asking, spec: ["os": ["name": "windows"]])))
        #expect(try !missed(Self.pod(["podmint.dev/inject": "true", "kubernetes.io/config.mirror": "x"])))
        for phase in ["Succeeded", "Failed"] {
            #expect(try !missed(Self.pod(Self.asking, status: ["phase": .string(phase)])))
        }
        #expect(try !missed(Self.pod(Self.asking, metadata: ["deletionTimestamp": "2027-01-01T00:00:00Z"])))
        let mounted: JSONValue = ["volumes": [["name": "v", "secret": ["secretName": "s"]]]]
        #expect(
            try !missed(Self.pod(["podmint.dev/inject": "true", "podmint.dev/secret": "s"], spec: mounted)))
        #expect(
            try missed(
                Self.pod(["podmint.dev/inject": "true", "podmint.dev/secret": "other"], spec: mounted)))
    }

    @Test func `a policy's pods count where policies select, and nowhere else`() throws {
        let object: JSONValue = [
            "metadata": ["name": "tr", "namespace": "shop", "uid": "u"],
            "spec": ["selector": ["matchLabels": ["app": "web"]]],
        ]
        let policy = try #require(TLSPolicy.read(JSONDocument(object.serialized()).root).value)
        #expect(try missed(Self.pod(), optIn: "policies", policies: [policy]))
        #expect(try !missed(Self.pod(), optIn: "enabled", policies: [policy]))
        #expect(try !missed(Self.pod(labels: ["app": "api"]), optIn: "policies", policies: [policy]))
        #expect(try !missed(Self.pod(["podmint.dev/inject": "false"]), optIn: "policies", policies: [policy]))
        // A policy's name alone asks for nothing.
        let named = try Self.pod(["podmint.dev/policy": "tr"], labels: ["app": "api"])
        #expect(!missed(named, optIn: "policies", policies: [policy]))
    }

    /// Rights to read Secrets, and the Secrets themselves, may come after the pods.
    @Test func `a pod that was made before its policy's Secret was known counts once it is`() throws {
        let object: JSONValue = [
            "metadata": ["name": "tr", "namespace": "shop", "uid": "u"],
            "spec": ["tls": ["certificate": ["secretName": "s"]]],
        ]
        let policy = try #require(TLSPolicy.read(JSONDocument(object.serialized()).root).value)
        let named: JSONValue = ["podmint.dev/inject": "true", "podmint.dev/policy": "tr"]
        let agent: JSONValue = [
            "initContainers": [["name": "podmint-agent"]], "containers": [],
            "volumes": [["name": "podmint-tr", "emptyDir": ["medium": "Memory"]]],
        ]
        let mounting: JSONValue = [
            "containers": [],
            "volumes": [["name": "podmint-tr", "projected": ["sources": [["secret": ["name": "s"]]]]]],
        ]
        let waiting = try Self.pod(named, spec: mounting, status: ["phase": "Pending"])
        let running = try Self.pod(named, spec: mounting)
        let asking = try Self.pod(named, spec: agent)
        for (secret, missed) in [
            (UserSecret.notReadable, []), (.notYetRead, []), (.authority, [waiting]),
            (.certificate, [asking]),
        ] {
            let found = MissedInjection.pods(
                among: [waiting, running, asking], in: .known(["podmint.dev/injection": "enabled"]),
                policies: [policy], secret: { $0 == "s" ? secret : .notReadable })
            #expect(found == missed, "\(secret)")
        }
    }

    @Test func `the cure is a command that works for who made the pod`() throws {
        #expect(
            try MissedInjection.message(FakeCertificateFacts.pod(secret: "s")).hasSuffix(
                "kubectl rollout restart deployment web -n shop"))
        #expect(try MissedInjection.message(Self.pod()).contains("kubectl delete pod web-1 -n shop"))
    }

    @Test func `a Secret's standing is by what its pods need now`() throws {
        let maker = try SecretMaker()
        guard case .known(let secret) = try maker.known(["a.b"]) else { return }
        var facts = FakeCertificateFacts(pods: [], services: [SecretUseTests.web])
        func standing() -> FaultReport? {
            CertificateReview.forTesting(facts).standing(
                of: secret, named: "web-tls", in: "shop", .known([:]))
        }
        #expect(standing()?.faults == [])
        facts.pods = [try FakeCertificateFacts.pod(secret: "web-tls")]
        #expect(standing()?.errors.map(\.code) == [.sanMissing])
        facts.pods = nil
        #expect(standing() == nil)
    }
}
