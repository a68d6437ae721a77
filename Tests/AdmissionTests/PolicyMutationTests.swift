// SPDX-License-Identifier: Apache-2.0
import Injection
import JSON
import KubernetesAPI
import Policies
import Testing

@testable import Admission

/// Pods under TLSPolicies, as whole reviews.
struct PolicyMutationTests {
    private static func reviewer(_ catalog: PolicyCatalog) -> AdmissionReviewer {
        AdmissionReviewer.forTesting(
            [
                "t1": ["podmint.dev/injection": "policies"], "asking": ["podmint.dev/injection": "enabled"],
            ], policies: catalog)
    }

    /// Selects every pod of the namespace.
    private static func catalog(_ names: [String] = ["all"], selector: JSONValue = [:]) throws
        -> PolicyCatalog
    {
        let catalog = PolicyCatalog()
        catalog.markSynced()
        for namespace in ["t1", "asking"] {
            for name in names {
                let policy: JSONValue = [
                    "metadata": ["name": .string(name), "namespace": .string(namespace)],
                    "spec": ["selector": selector],
                ]
                let reading = TLSPolicy.read(try JSONDocument(policy.serialized()).root)
                catalog.set(reading, named: name, in: namespace)
            }
        }
        return catalog
    }

    private static func review(in namespace: String) throws -> JSONValue {
        var review = try AdmissionSample.podByKubectl.review()
        review["request"]?["namespace"] = .string(namespace)
        review["request"]?["object"]?["metadata"]?["namespace"] = .string(namespace)
        return review
    }

    @Test func `a selected pod needs no annotation where all pods are looked at`() throws {
        var review = try Self.review(in: "t1")
        let reviewer = Self.reviewer(try Self.catalog())
        let answer = try reviewer.answer(.mutatePods, review)
        #expect(answer.outcome == .patched)
        let pod = try #require(review["request"]?["object"])
        let injected = try answer.patch().applied(to: pod)
        #expect(injected["spec"]?["initContainers"]?[0]?["name"] == "podmint-agent")
        #expect(injected["spec"]?["volumes"]?.array?.contains { $0["name"] == "podmint-all" } == true)
        review["request"]?["object"] = injected
        #expect(try reviewer.answer(.mutatePods, review).outcome == .allowed)
        #expect(try reviewer.answer(.validatePods, review).outcome == .allowed)
        review["request"]?["object"] = pod
        #expect(try reviewer.answer(.validatePods, review).outcome == .denied)
    }

    @Test func `elsewhere it is not looked at`() throws {
        let answer = try Self.reviewer(try Self.catalog()).answer(.mutatePods, Self.review(in: "asking"))
        #expect(answer.outcome == .allowed)
    }

    @Test func `in a namespace that has just been made the API server knows that all pods are looked at`()
        throws
    {
        let catalog = try Self.catalog()
        let newborn = AdmissionReviewer.forTesting(policies: catalog)
        #expect(try newborn.answer(.mutatePods, Self.review(in: "t1")).outcome == .patched)
        #expect(try newborn.answer(.mutatePods, Self.review(in: "without-policies")).outcome == .allowed)
    }

    @Test func `a pod that nobody selects is left alone`() throws {
        let catalog = try Self.catalog(selector: ["matchLabels": ["app": "another"]])
        let answer = try Self.reviewer(catalog).answer(.mutatePods, Self.review(in: "t1"))
        #expect(answer.outcome == .allowed)
    }

    @Test func `until policies are known it is to be tried again`() throws {
        let answer = try Self.reviewer(PolicyCatalog()).answer(.mutatePods, Self.review(in: "t1"))
        #expect(answer.outcome == .denied)
        #expect(try answer.response()["status"]?["code"] == 503)
        #expect(answer.reason?.contains("Try again") == true)
    }

    @Test func `policies that change between the two webhooks are no fault of another webhook`() throws {
        var review = try Self.review(in: "t1")
        let patch = try Self.reviewer(try Self.catalog()).answer(.mutatePods, review).patch()
        let pod = try #require(review["request"]?["object"])
        review["request"]?["object"] = try patch.applied(to: pod)
        let answer = try Self.reviewer(try Self.catalog(["all", "more"])).answer(.validatePods, review)
        #expect(answer.outcome == .denied)
        #expect(try answer.response()["status"]?["code"] == 503)
        #expect(answer.reason?.contains("it was injected for all, and now is under all, more") == true)
    }

    @Test func `a template is judged by the policies that will select its pods`() throws {
        var review = try AdmissionSample.deployment.review()
        review["request"]?["namespace"] = "t1"
        let catalog = try Self.catalog(["a", "b"])
        #expect(try Self.reviewer(catalog).answer(.validateWorkloads, review).outcome == .allowed)
        review["request"]?["object"]?["spec"]?["template"]?["metadata"]?["annotations"] = [
            "podmint.dev/mount-path": "/etc/tls"
        ]
        let answer = try Self.reviewer(catalog).answer(.validateWorkloads, review)
        #expect(answer.outcome == .denied)
        #expect(answer.reason?.contains("gets 2 certificates (a, b)") == true, "\(answer.reason ?? "")")
    }
}
