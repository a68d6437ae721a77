// SPDX-License-Identifier: Apache-2.0
import Injection
import JSON
import KubernetesAPI
import Testing
import YAML

@testable import podmint

struct ManifestInjectionTests {
    let context = InjectionContext(agentImage: "agent:1", server: "https://podmint:8444")

    static let template =
        #"{metadata: {annotations: {podmint.dev/inject: "true"}}, spec: {containers: [{name: app}]}}"#

    @Test(arguments: [
        ("apps/v1", "Deployment", "spec.template"), ("apps/v1", "StatefulSet", "spec.template"),
        ("apps/v1", "DaemonSet", "spec.template"), ("apps/v1", "ReplicaSet", "spec.template"),
        ("batch/v1", "Job", "spec.template"), ("batch/v1", "CronJob", "spec.jobTemplate.spec.template"),
    ])
    func `injects into the template of a workload`(apiVersion: String, kind: String, path: String) throws {
        let keys = path.split(separator: ".").map(String.init)
        let nested = keys.reversed().reduce(Self.template) { "{\($1): \($0)}" }
        let body = nested.dropFirst().dropLast()
        let injection = try inject(
            "{apiVersion: \(apiVersion), kind: \(kind), metadata: {name: web}, \(body)}")
        let result = try #require(injection.results.first)
        let pod = try #require(result.after.find(JSONPointer(keys)))
        #expect(pod["spec"]?["initContainers"]?[0]?["name"] == "podmint-agent")
        #expect(try result.patch.applied(to: result.before) == result.after)
        #expect(injection.refusals.isEmpty)
    }

    @Test func `injects into a bare pod, and lets everything else pass as it is`() throws {
        let injection = try inject(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: p, annotations: {podmint.dev/inject: "true"}}, spec: {containers: [{name: app}]}}
            ---
            {apiVersion: v1, kind: Service, metadata: {name: s, annotations: {podmint.dev/inject: "true"}}}
            ---
            {apiVersion: example.com/v1, kind: Deployment, spec: {template: \(Self.template)}}
            """)
        #expect(injection.results.map(\.patch.isEmpty) == [false, true, true])
        #expect(injection.results[1].before == injection.results[1].after)
    }

    @Test func `takes a List apart`() throws {
        let injection = try inject("{apiVersion: v1, kind: List, items: [{kind: A}, {kind: B}]}")
        #expect(injection.results.map(\.after) == [["kind": "A"], ["kind": "B"]])
    }

    @Test func `names the object in every refusal`() throws {
        let injection = try inject(
            #"{apiVersion: v1, kind: Pod, metadata: {generateName: p-, annotations: {podmint.dev/inject: "true", podmint.dev/mode: "9", podmint.dev/x: ""}}, spec: {containers: [{name: app}]}}"#
        )
        #expect(injection.refusals.count == 2)
        #expect(injection.refusals.allSatisfy { $0.hasPrefix("Pod p-…: ") })
    }

    @Test(arguments: [("enabled", true), ("policies", true), ("audit", false), ("disabled", false)])
    func `goes by the label of a Namespace beside it`(label: String, injects: Bool) throws {
        let injection = try inject(
            """
            {apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {podmint.dev/injection: \(label)}}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop, annotations: {podmint.dev/inject: "true"}}, spec: {containers: [{name: app}]}}
            """)
        #expect(injection.results[1].patch.isEmpty != injects)
        #expect(injection.warnings.isEmpty == injects)
    }

    @Test func `goes by the TLSPolicies beside it, and by what their Secrets are`() throws {
        let injection = try inject(
            """
            {apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {podmint.dev/injection: policies}}}
            ---
            {apiVersion: podmint.dev/v1alpha1, kind: TLSPolicy, metadata: {name: http, namespace: shop}, spec: {selector: {matchLabels: {app: es}}, mount: {path: /etc/http}}}
            ---
            {apiVersion: podmint.dev/v1alpha1, kind: TLSPolicy, metadata: {name: own, namespace: shop}, spec: {selector: {matchLabels: {app: es}}, tls: {certificate: {secretName: ca}}}}
            ---
            {apiVersion: v1, kind: Secret, metadata: {name: ca, namespace: shop}, stringData: {ca.crt: x, ca.key: y}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop, labels: {app: es}}, spec: {containers: [{name: app}]}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: q, namespace: shop}, spec: {containers: [{name: app}]}}
            """)
        #expect(injection.refusals.isEmpty)
        #expect(injection.results.map(\.patch.isEmpty) == [true, true, true, true, false, true])
        let pod = injection.results[4].after
        let names = pod["spec"]?["initContainers"]?[0]?["env"]?.array?.compactMap { $0["name"]?.string } ?? []
        #expect(names.contains("PODMINT_POLICY") && names.contains("PODMINT_POLICY_2"))
        #expect(
            pod["spec"]?["containers"]?[0]?["volumeMounts"]?.array?.contains {
                $0["mountPath"] == "/etc/http"
            } == true)
    }

    @Test func `refuses a pod under a policy that is faulty or not there`() throws {
        let injection = try inject(
            """
            {apiVersion: podmint.dev/v1alpha1, kind: TLSPolicy, metadata: {name: later, namespace: shop}, spec: {enrollment: CSI}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop, annotations: {podmint.dev/inject: "true", podmint.dev/policy: "later, latest"}}, spec: {containers: [{name: app}]}}
            """)
        #expect(injection.refusals.count == 2)
        #expect(injection.refusals.first?.contains("[UnusablePolicy]") == true)
        #expect(injection.refusals.last?.contains("[UnknownPolicy]") == true)
    }

    @Test func `knows a restricted namespace by its own label`() throws {
        let injection = try inject(
            """
            {apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {podmint.dev/injection: enabled, pod-security.kubernetes.io/enforce: restricted}}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop, annotations: {podmint.dev/inject: "true", podmint.dev/owner: "0"}}, spec: {containers: [{name: app}]}}
            """)
        #expect(injection.refusals.first?.contains("[RootOwner]") == true)
    }

    @Test(arguments: ["[1, 2]", "just text", "a: [", "a: 1\na: 2"]) func `says which file cannot be read`(
        text: String
    ) {
        let failure = #expect(throws: ToolFailure.self) {
            try ManifestFiles.documents(Array(text.utf8), source: "web.yaml")
        }
        #expect(failure?.text.contains("web.yaml") == true)
        #expect(failure?.exitCode == 1)
    }

    private func inject(_ yaml: String) throws -> ManifestInjection {
        try ManifestInjection(
            ManifestFiles.documents(Array(yaml.utf8), source: "test"), context, namespace: "default")
    }
}
