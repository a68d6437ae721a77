// SPDX-License-Identifier: Apache-2.0
import Injection
import JSON
import KubernetesAPI
import Testing

@testable import Admission

struct PodMutationTests {
    let reviewer = AdmissionReviewer.forTesting([
        "t1": ["podmint.dev/injection": "enabled"],
        "locked": ["pod-security.kubernetes.io/enforce": "restricted"],
        "watched": ["podmint.dev/injection": "audit"],
    ])

    @Test(arguments: [AdmissionSample.podByReplicaSet, .podByKubectl])
    func `gives a pod that asks what it asks for`(sample: AdmissionSample) throws {
        let review = try sample.annotated(["podmint.dev/inject": "true"])
        let answer = try reviewer.answer(.mutatePods, review)
        #expect(answer.outcome == .patched)
        #expect(try answer.response()["patchType"] == "JSONPatch")
        let pod = try #require(review["request"]?["object"])
        let injected = try answer.patch().applied(to: pod)
        #expect(injected["spec"]?["initContainers"]?[0]?["name"] == "podmint-agent")
        #expect(injected["spec"]?["volumes"]?.array?.count == 3)
        #expect(injected["metadata"]?["managedFields"] == pod["metadata"]?["managedFields"])
    }

    @Test func `answers a reinvocation, defaults filled in, with nothing to do`() throws {
        var review = try AdmissionSample.podByKubectl.annotated(["podmint.dev/inject": "true"])
        let pod = try #require(review["request"]?["object"])
        var injected = try reviewer.answer(.mutatePods, review).patch().applied(to: pod)
        // What the API server adds between two calls, and what its ServiceAccount plugin adds to every container.
        var agent = try #require(injected["spec"]?["initContainers"]?[0])
        agent["imagePullPolicy"] = "IfNotPresent"
        agent["terminationMessagePath"] = "/dev/termination-log"
        agent["resources"] = agent["resources"] ?? [:]
        agent["startupProbe"]?["successThreshold"] = 1
        agent["livenessProbe"]?["successThreshold"] = 1
        agent["volumeMounts"] = .array(
            (agent["volumeMounts"]?.array ?? []) + [
                [
                    "name": "kube-api-access-l6n7m",
                    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true,
                ]
            ])
        injected["spec"]?["initContainers"]?[0] = agent
        review["request"]?["object"] = injected
        let answer = try reviewer.answer(.mutatePods, review)
        #expect(answer.outcome == .allowed)
        #expect(try answer.response()["patch"] == nil)
    }

    @Test func `answers a dry run the same`() throws {
        var review = try AdmissionSample.podByKubectl.annotated(["podmint.dev/inject": "true"])
        let answer = try reviewer.answer(.mutatePods, review)
        review["request"]?["dryRun"] = true
        let dry = try reviewer.answer(.mutatePods, review)
        #expect(dry.body == answer.body)
        #expect(dry.isDryRun && !answer.isDryRun)
    }

    @Test func `refuses with every fault as a cause`() throws {
        let review = try AdmissionSample.podByKubectl.annotated([
            "podmint.dev/inject": "true", "podmint.dev/mode": "x", "podmint.dev/reload": "restart",
        ])
        let answer = try reviewer.answer(.mutatePods, review)
        #expect(answer.outcome == .denied && answer.status == 200)
        let status = try answer.response()["status"]
        #expect(status?["code"] == 422)
        #expect(status?["reason"] == "BadRequest")
        #expect(
            status?["details"]?["causes"]?.array?.compactMap { $0["reason"]?.string }.sorted() == [
                "InvalidAnnotation", "NotInThisVersion",
            ])
        #expect(status?["message"]?.string?.hasPrefix("pod p1 in namespace t1 has 2 faults:\n- ") == true)
        #expect(answer.reason == status?["message"]?.string)
    }

    @Test func `warns where a controller made the pod`() throws {
        let review = try AdmissionSample.podByReplicaSet.annotated([
            "podmint.dev/inject": "true", "podmint.dev/mode": "x\u{7}",
        ])
        let answer = try reviewer.answer(.mutatePods, review)
        #expect(answer.outcome == .patched)
        let warnings = try answer.response()["warnings"]?.array?.compactMap(\.string) ?? []
        #expect(warnings.count == 1)
        #expect(warnings[0].unicodeScalars.allSatisfy { $0.value >= 32 })
    }

    @Test func `refuses root as a policy, not as a mistake, where the namespace is restricted`() throws {
        var review = try AdmissionSample.podByKubectl.annotated([
            "podmint.dev/inject": "true", "podmint.dev/owner": "0",
        ])
        review["request"]?["namespace"] = "locked"
        review["request"]?["object"]?["metadata"]?["namespace"] = "locked"
        #expect(try reviewer.answer(.mutatePods, review).response()["status"]?["code"] == 403)
    }

    @Test func `refuses a pod of another namespace`() throws {
        var review = try AdmissionSample.podByKubectl.annotated(["podmint.dev/inject": "true"])
        review["request"]?["object"]?["metadata"]?["namespace"] = "t2"
        #expect(try reviewer.answer(.mutatePods, review).outcome == .denied)
        review["request"]?["object"]?["metadata"]?["namespace"] = nil
        #expect(try reviewer.answer(.mutatePods, review).outcome == .patched)
    }

    @Test(arguments: [("true", "this pod would get"), ("maybe", "would refuse")])
    func `changes and refuses nothing where it only watches`(inject: String, says: String) throws {
        for endpoint in [AdmissionEndpoint.mutatePods, .validatePods] {
            var review = try AdmissionSample.podByKubectl.annotated(["podmint.dev/inject": .string(inject)])
            review["request"]?["namespace"] = "watched"
            review["request"]?["object"]?["metadata"]?["namespace"] = "watched"
            let answer = try reviewer.answer(endpoint, review)
            guard endpoint == .mutatePods else {
                #expect(answer.outcome == .allowed)
                continue
            }
            #expect(answer.outcome == (inject == "true" ? .wouldPatch : .wouldDeny))
            #expect(try answer.response()["warnings"]?[0]?.string?.contains(says) == true)
        }
    }

    @Test(arguments: ["UPDATE", "DELETE", "CONNECT"]) func `touches nothing but new pods`(operation: String)
        throws
    {
        var review = try AdmissionSample.podByKubectl.annotated(["podmint.dev/inject": "true"])
        review["request"]?["operation"] = .string(operation)
        for endpoint in [AdmissionEndpoint.mutatePods, .validatePods] {
            #expect(try reviewer.answer(endpoint, review).outcome == .allowed)
        }
        review["request"]?["operation"] = "CREATE"
        review["request"]?["subResource"] = "binding"
        #expect(try reviewer.answer(.mutatePods, review).outcome == .allowed)
    }
}
