// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct DefaultsTests {
    @Test(arguments: [
        ("1.5Gi", "1536Mi"), ("1Gi", "1Gi"), ("1024Mi", "1Gi"), ("0.1", "100m"), ("1000m", "1"),
        ("250m", "250m"),
        ("64Mi", "64Mi"), ("0.5Ki", "0.5Ki"),
    ])
    func `quantities become canonical`(text: String, canonical: String) {
        #expect(CanonicalQuantity.text(of: .string(text)) == canonical)
    }

    @Test func `stringData becomes data`() {
        var secret: JSONValue = ["kind": "Secret", "stringData": ["a": "plain"], "data": ["b": "eA=="]]
        ObjectDefaults.apply(to: &secret, .secrets)
        #expect(secret.textMap("data") == ["a": "cGxhaW4=", "b": "eA=="])
        #expect(secret.find("stringData") == nil)
        #expect(secret.text("type") == "Opaque")
    }

    @Test(arguments: [
        ("x", "Always"), ("x:latest", "Always"), ("x:1", "IfNotPresent"), ("r.io:5000/x", "Always"),
        ("x@sha256:a", "IfNotPresent"),
    ])
    func `the pull policy follows the tag`(image: String, policy: String) {
        var spec: JSONValue = ["containers": [["name": "c", "image": .string(image)]]]
        PodDefaults.apply(to: &spec)
        #expect(spec.list("containers").first?.text("imagePullPolicy") == policy)
    }

    @Test(arguments: [Resource.mutatingWebhooks, .validatingWebhooks])
    func `a webhook's empty lists are not kept`(resource: Resource) throws {
        let condition: JSONValue = ["name": "c", "expression": "true"]
        var configuration: JSONValue = [
            "webhooks": [
                ["name": "a", "rules": [], "matchConditions": []],
                ["name": "b", "rules": [["resources": ["pods"]]], "matchConditions": [condition]],
            ]
        ]
        ObjectDefaults.apply(to: &configuration, resource)
        let webhooks = configuration.list("webhooks")
        #expect(webhooks[0].find("matchConditions") == nil && webhooks[0].find("rules") == nil)
        #expect(webhooks[1].list("matchConditions") == [condition])
        #expect(webhooks[1].list("rules").map { $0.text("scope") } == ["*"])
    }

    @Test func `defaulting twice changes nothing more`() {
        var pod: JSONValue = [
            "kind": "Pod", "metadata": ["name": "p"],
            "spec": [
                "containers": [
                    ["name": "c", "image": "x", "resources": ["limits": ["cpu": "0.5", "memory": "1.5Gi"]]]
                ],
                "volumes": [["name": "e"], ["name": "s", "secret": ["secretName": "x"]]],
            ],
        ]
        ObjectDefaults.apply(to: &pod, .pods)
        let once = pod
        ObjectDefaults.apply(to: &pod, .pods)
        #expect(pod == once)
        #expect(QualityOfService.of(pod.find("spec") ?? [:]) == "Guaranteed")
    }

    @Test func `unknown fields are refused, told or dropped`() throws {
        var secret: JSONValue = ["kind": "Secret", "metadata": ["name": "s"], "bogus": 1]
        let error = #expect(throws: APIError.self) {
            try StrictFields.apply(to: &secret, .secrets, mode: "Strict")
        }
        #expect(error?.message.hasSuffix("strict decoding error: unknown field \"bogus\"") == true)
        secret.put(1, "bogus")
        #expect(try StrictFields.apply(to: &secret, .secrets, mode: "Warn") == ["unknown field \"bogus\""])
        #expect(secret.find("bogus") == nil)
    }

    @Test func `a TLS Secret needs both halves`() {
        let secret: JSONValue = [
            "kind": "Secret", "metadata": ["name": "s"], "type": "kubernetes.io/tls",
            "data": ["tls.crt": "YQ=="],
        ]
        let error = #expect(throws: APIError.self) { try ObjectRules.check(secret, .secrets, old: nil) }
        #expect(error?.message == "Secret \"s\" is invalid: data[tls.key]: Required value")
    }
}
