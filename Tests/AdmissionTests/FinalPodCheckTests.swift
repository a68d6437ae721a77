// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import Testing

@testable import Admission

struct FinalPodCheckTests {
    let reviewer = AdmissionReviewer.forTesting()

    @Test func `lets through what podmint made, and what never asked`() throws {
        #expect(try check { _ in }.outcome == .allowed)
        #expect(try reviewer.answer(.validatePods, AdmissionSample.podByReplicaSet.bytes).outcome == .allowed)
    }

    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let does: @Sendable (inout JSONValue) -> Void
    }

    @Test(arguments: [
        Damage(testDescription: "podmint-agent is missing") { $0["spec"]?["initContainers"] = nil },
        Damage(testDescription: "volume podmint-default is missing") { $0["spec"]?["volumes"] = [] },
        Damage(testDescription: "volume podmint-token has changed") {
            $0["spec"]?["volumes"]?[2]?["projected"]?["sources"] = []
        },
        Damage(testDescription: "container main does not mount") {
            $0["spec"]?["containers"]?[0]?["volumeMounts"] = []
        },
        Damage(testDescription: "lacks restartPolicy") {
            $0["spec"]?["initContainers"]?[0]?["restartPolicy"] = nil
        },
        Damage(testDescription: "lacks startupProbe") {
            $0["spec"]?["initContainers"]?[0]?["startupProbe"] = nil
        },
        Damage(testDescription: "has changed command") {
            $0["spec"]?["initContainers"]?[0]?["command"] = ["sh"]
        },
        Damage(testDescription: "env PODMINT_SERVER") { $0["spec"]?["initContainers"]?[0]?["env"] = [] },
        Damage(testDescription: "has changed envFrom") {
            $0["spec"]?["initContainers"]?[0]?["envFrom"] = [["configMapRef": ["name": "all"]]]
        },
        Damage(testDescription: "volume podmint-default has changed") {
            $0["spec"]?["volumes"]?[1]?["emptyDir"]?["medium"] = nil
        },
        Damage(testDescription: "volumeMounts /var/run/secrets/podmint.dev/.podmint") {
            $0["spec"]?["initContainers"]?[0]?["volumeMounts"]?[1] = nil
        },
    ])
    func `refuses what another mutator broke, and names it`(damage: Damage) throws {
        let answer = try check(damage.does)
        #expect(answer.outcome == .denied)
        #expect(answer.reason?.contains(damage.testDescription) == true, "\(answer.reason ?? "")")
        #expect(answer.reason?.contains("another mutating webhook") == true)
        #expect(try answer.response()["status"]?["code"] == 403)
    }

    @Test(arguments: [
        Damage(testDescription: "a sidecar that came later") { pod in
            let containers = pod["spec"]?["containers"]?.array ?? []
            pod["spec"]?["containers"] = .array(
                containers + [["name": "late", "securityContext": ["runAsUser": 7]]])
        },
        Damage(testDescription: "an init container before ours") { pod in
            let containers = pod["spec"]?["initContainers"]?.array ?? []
            pod["spec"]?["initContainers"] = .array([["name": "early"]] + containers)
        },
        Damage(testDescription: "a mirrored image") {
            $0["spec"]?["initContainers"]?[0]?["image"] = "mirror.local/agent:2"
        },
        Damage(testDescription: "other resources") {
            $0["spec"]?["initContainers"]?[0]?["resources"] = ["limits": ["cpu": "1"]]
        },
        Damage(testDescription: "trust of a podmint with another version") {
            $0["spec"]?["initContainers"]?[0]?["env"]?[0]?["value"] = "https://elsewhere"
        },
        Damage(testDescription: "a podmint that knew no addresses and no anchors yet") {
            $0.withoutVariables(["PODMINT_SERVER_ADDRESSES", "PODMINT_TRUST", "PODMINT_TRUST_FILE"])
        },
        Damage(testDescription: "a podmint whose probe waits shorter") {
            $0["spec"]?["initContainers"]?[0]?["startupProbe"]?["failureThreshold"] = 60
        },
        Damage(testDescription: "a podmint that projects more, with another size") {
            let sources = $0["spec"]?["volumes"]?[2]?["projected"]?["sources"]?.array ?? []
            $0["spec"]?["volumes"]?[2]?["projected"]?["sources"] = .array(
                sources + [["downwardAPI": ["items": []]]])
            $0["spec"]?["volumes"]?[1]?["emptyDir"]?["sizeLimit"] = "2Mi"
        },
        Damage(testDescription: "no status") { $0["metadata"]?["annotations"]?["podmint.dev/status"] = nil },
    ])
    func `lets through what still works`(change: Damage) throws {
        let answer = try check(change.does)
        #expect(answer.outcome == .allowed, "\(answer.reason ?? "")")
    }

    @Test func `says so when the mutating webhook never saw the pod`() throws {
        let answer = try reviewer.answer(
            .validatePods, AdmissionSample.podByKubectl.annotated(["podmint.dev/inject": "true"]))
        #expect(answer.outcome == .denied)
        #expect(answer.reason?.contains("MutatingWebhookConfiguration podmint") == true)
    }

    /// An injected pod, changed, then looked at.
    private func check(_ change: (inout JSONValue) -> Void) throws -> AdmissionAnswer {
        var review = try AdmissionSample.podByKubectl.annotated(["podmint.dev/inject": "true"])
        let pod = try #require(review["request"]?["object"])
        var injected = try reviewer.answer(.mutatePods, review).patch().applied(to: pod)
        change(&injected)
        review["request"]?["object"] = injected
        return try reviewer.answer(.validatePods, review)
    }
}

extension JSONValue {
    /// Takes variables out of the first init container.
    fileprivate mutating func withoutVariables(_ names: Set<String>) {
        let variables = self["spec"]?["initContainers"]?[0]?["env"]?.array ?? []
        self["spec"]?["initContainers"]?[0]?["env"] = .array(
            variables.filter { !names.contains($0["name"]?.string ?? "") })
    }
}
