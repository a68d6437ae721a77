// SPDX-License-Identifier: Apache-2.0
import Issuance
import JSON
import KubernetesAPI
import Policies
import Testing

@testable import podmint

struct PodExplanationTests {
    private func explain(
        label: String? = "enabled", annotations: JSONValue = ["podmint.dev/inject": "true"],
        agent: [(String, String)]? = nil, policies: [(String, JSONValue)] = [], hasWebhooks: Bool? = true,
        hasAuthorities: Bool = true, namespace: String = "shop", volumes: [JSONValue] = [],
        secretIs reason: String? = nil, spec: JSONObject = [:]
    ) throws -> PodExplanation {
        var pod: JSONValue = [
            "metadata": [
                "name": "web-0", "namespace": .string(namespace), "uid": "u", "labels": ["app": "web"],
                "annotations": annotations,
            ],
            "spec": ["serviceAccountName": "web", "hostname": "web-0", "subdomain": "web"],
            "status": ["phase": "Running", "podIPs": [["ip": "10.0.0.7"]]],
        ]
        for (key, value) in spec { pod["spec"]?[key] = value }
        if !volumes.isEmpty { pod["spec"]?["volumes"] = .array(volumes) }
        if let agent {
            let folder = "/var/run/secrets/podmint.dev/default"
            pod["spec"]?["initContainers"] = [
                [
                    "name": "podmint-agent", "command": ["/podmint-agent"], "args": ["run"],
                    "restartPolicy": "Always",
                    "env": .array(agent.map { ["name": .string($0.0), "value": .string($0.1)] }),
                    "volumeMounts": [
                        ["name": "podmint-default", "mountPath": .string(folder)],
                        ["name": "podmint-token", "mountPath": "/var/run/secrets/podmint.dev/.podmint"],
                    ],
                ]
            ]
            pod["spec"]?["volumes"] = [
                ["name": "podmint-default", "emptyDir": ["medium": "Memory"]],
                [
                    "name": "podmint-token",
                    "projected": [
                        "sources": [["serviceAccountToken": ["audience": "podmint.dev", "path": "token"]]]
                    ],
                ],
            ]
        }
        let catalog = PolicyCatalog()
        var objects: [JSONValue] = []
        for (name, spec) in policies {
            var policy: JSONValue = [
                "metadata": ["name": .string(name), "namespace": .string(namespace), "uid": "p"],
                "spec": spec,
            ]
            if let reason {
                policy["status"] = ["conditions": [["type": "AuthorityReady", "reason": .string(reason)]]]
            }
            objects.append(policy)
            catalog.set(
                TLSPolicy.read(try JSONDocument(policy.serialized()).root), named: name, in: namespace)
        }
        catalog.markSynced()
        var facts = ExplanationFacts(
            object: pod, pod: try Pod(JSONDocument(pod.serialized()).root),
            namespace: Namespace(
                metadata: RecordMetadata(
                    name: namespace, namespace: "", uid: "n",
                    labels: label.map { ["podmint.dev/injection": $0] } ?? [:])),
            services: [
                Service(
                    metadata: RecordMetadata(name: "web", namespace: namespace, uid: "s"),
                    selector: ["app": "web"],
                    isHeadless: true)
            ], catalog: catalog, found: FoundPolicies(objects), hasWebhooks: hasWebhooks)
        facts.hasAuthorities = hasAuthorities
        let names = try #require(ClusterNames())
        return PodExplanation(facts, cluster: names, podmintNamespace: "podmint-system")
    }

    private static let agent = [
        ("PODMINT_POLICY", "default"), ("PODMINT_DIRECTORY", "/var/run/secrets/podmint.dev/default"),
        ("PODMINT_DURATION", "8h"),
    ]

    @Test func `why a pod has no agent, and what to do`() throws {
        for (explanation, reason) in [
            (try explain(label: nil), "has no label podmint.dev/injection"),
            (try explain(label: "yes"), "is \"yes\", which means nothing"),
            (try explain(label: "audit"), "nothing is changed there"),
            (try explain(annotations: [:]), "it does not ask for a certificate"),
            (try explain(annotations: ["podmint.dev/inject": "false"]), "is \"false\""),
            (try explain(hasWebhooks: false), "there is no MutatingWebhookConfiguration podmint"),
            (try explain(), "was created before"), (try explain(namespace: "kube-system"), "never looked at"),
        ] {
            #expect(
                !explanation.isInjected && explanation.reasons[0].contains(reason), "\(explanation.reasons)")
        }
    }

    private static let mounting: [(String, JSONValue)] = [
        (
            "web",
            ["selector": ["matchLabels": ["app": "web"]], "tls": ["certificate": ["secretName": "web-tls"]]]
        )
    ]

    @Test func `a certificate that is mounted is in the pod, and nothing is signed for it`() throws {
        for (annotations, volume): (JSONValue, JSONValue) in [
            ([:], ["name": "podmint-web", "secret": ["secretName": "web-tls"]]),
            (
                ["podmint.dev/inject": "true", "podmint.dev/secret": "web-tls"],
                ["name": "podmint-web", "secret": ["secretName": "web-tls"]]
            ),
        ] {
            let explanation = try explain(
                label: "policies", annotations: annotations, policies: Self.mounting, volumes: [volume],
                secretIs: "UserCertificate")
            #expect(explanation.isInjected && explanation.hint == nil, "\(explanation)")
            #expect(explanation.reasons[0] == "Secret web-tls is mounted in it, for policy web")
            #expect(explanation.certificates.map(\.mounted) == ["Secret web-tls"])
            let text = ExplanationText(explanation, .plain).text
            #expect(text.contains("Policy web: Secret web-tls is mounted; nothing is signed"))
            #expect(explanation.value["certificates"]?[0]?["mounts"] == "Secret web-tls")
        }
    }

    @Test func `a pod that missed it by its labels is told what would be mounted`() throws {
        let missed = try explain(
            label: "policies", annotations: [:], policies: Self.mounting, secretIs: "UserCertificate")
        #expect(!missed.isInjected && missed.reasons[0].contains("was created before"))
        #expect(
            missed.hint == "make it anew: kubectl delete pod web-0 -n shop, once its owner can make it anew")
        #expect(missed.certificates.map(\.mounted) == ["Secret web-tls"])
        #expect(ExplanationText(missed, .plain).text.contains("Secret web-tls would be mounted"))
        // Of an authority something is signed.
        let signed = try explain(
            label: "policies", annotations: [:], policies: Self.mounting, secretIs: "Ready")
        #expect(signed.certificates.map(\.mounted) == [nil])
    }

    @Test func `who has it without podmint, and who cannot have it, is not told to be made anew`() throws {
        let own: JSONValue = ["name": "own", "secret": ["secretName": "web-tls"]]
        let mounted = try explain(
            annotations: ["podmint.dev/inject": "true", "podmint.dev/secret": "web-tls"], volumes: [own])
        #expect(mounted.hint == nil && mounted.reasons[0].contains("has without podmint"))
        let windows = try explain(spec: ["os": ["name": "windows"]])
        #expect(windows.hint == nil && windows.reasons[0].contains("Windows"))
    }

    @Test func `a pod with an agent whose Secret turned out to be a certificate is made anew`() throws {
        let agent = [("PODMINT_POLICY", "default"), ("PODMINT_DIRECTORY", "/x"), ("PODMINT_DURATION", "8h")]
        let policies: [(String, JSONValue)] = [
            ("default", ["tls": ["certificate": ["secretName": "web-tls"]]])
        ]
        let asking: JSONValue = ["podmint.dev/inject": "true", "podmint.dev/policy": "default"]
        for (reason, isWrong) in [("UserCertificate", true), ("Ready", false)] {
            let explanation = try explain(
                annotations: asking, agent: agent, policies: policies, secretIs: reason)
            #expect(explanation.isInjected && (explanation.hint != nil) == isWrong, "\(explanation)")
        }
    }

    @Test func `a selector counts where the namespace says policies`() throws {
        let policies: [(String, JSONValue)] = [("transport", ["selector": ["matchLabels": ["app": "web"]]])]
        let selected = try explain(label: "policies", annotations: [:], policies: policies)
        #expect(selected.certificates.map(\.policy) == ["transport"])
        #expect(selected.reasons.contains { $0.contains("TLSPolicy transport selects it") })
        let enabled = try explain(annotations: [:], policies: policies)
        #expect(enabled.reasons.contains { $0.contains("asks for nothing but in namespaces labelled") })
    }

    @Test func `without the right to look at authorities it goes on, and says what it does not know`() throws
    {
        let blind = try explain(agent: Self.agent, hasAuthorities: false)
        #expect(blind.certificates.first?.names.isEmpty == false)
        #expect(ExplanationText(blind, .plain).text.contains("  not read: ClusterAuthorities"))
        let shared: JSONValue = ["authority": ["clusterAuthority": ["name": "apps"]]]
        let unknown = try explain(agent: Self.agent, policies: [("default", shared)], hasAuthorities: false)
        #expect(unknown.certificates.first?.problem?.contains("your account may not read it") == true)
        #expect(unknown.value["unread"]?.array?.count == 1)
        #expect(try explain(agent: Self.agent).value["unread"] == nil)
    }

    @Test func `each name, where it comes from, and what is denied by which rule`() throws {
        let agent = Self.agent + [("PODMINT_NAMES", "dns:a.example.com,dns:x.bank.svc")]
        let policy: JSONValue = ["certificate": ["duration": "24h", "usages": ["server auth"]]]
        let explanation = try explain(agent: agent, policies: [("default", policy)])
        let certificate = try #require(explanation.certificates.first)
        #expect(explanation.isInjected && certificate.problem == nil, "\(certificate)")
        #expect(certificate.longestLifetime == "8h" && certificate.usages == ["server auth"])
        let text = ExplanationText(explanation, .plain).text
        for line in [
            "Pod shop/web-0: injected", "web-0.web.shop.svc", "headless Service web and the pod's hostname",
            "the pod's annotations, allowed by the policy's own authority",
            "\"x.bank.svc\", from the pod's annotations, belongs to namespace \"bank\"",
            "shop.default (podmint's own, keyStorage Secret)",
        ] { #expect(text.contains(line), "\(line) in\n\(text)") }
        let value = explanation.value["certificates"]?[0]
        #expect(value?["denied"]?[0]?.string?.contains("x.bank.svc") == true)
        #expect(value?["names"]?[0]?["source"]?.string == "service account web")
    }

    @Test func `a policy that cannot be used says why`() throws {
        let explanation = try explain(agent: Self.agent, policies: [("default", ["enrollment": "CSI"])])
        #expect(explanation.certificates[0].problem?.contains("cannot be used: spec.enrollment") == true)
        #expect(ExplanationText(explanation, .plain).text.contains("nothing can be signed"))
    }
}
