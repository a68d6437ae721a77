// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import KubernetesAPI
import OpenSSL
import Testing

@testable import Issuance

/// What a pod cannot get. Each must be denied with its code, written to the audit, and sign nothing.
struct DeniedCertificateTests {
    let fixture: SigningFixture

    init() throws {
        fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
    }

    private func expectDenied(
        _ code: Refusal.Code, status: Int = 403, saying text: String, _ response: HTTPResponse,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(response.status == status, "\(response.text)", sourceLocation: sourceLocation)
        #expect(response.text.contains(text), "\(response.text)", sourceLocation: sourceLocation)
        #expect(response.text.contains("\nhint: "), sourceLocation: sourceLocation)
        let entry = fixture.auditSink.entries.last
        #expect(entry?["verdict"]?.string == "denied", sourceLocation: sourceLocation)
        #expect(entry?["code"]?.string == code.rawValue, sourceLocation: sourceLocation)
        #expect(
            !fixture.auditSink.entries.contains { $0["verdict"]?.string == "issued" },
            sourceLocation: sourceLocation)
    }

    @Test(arguments: [
        "billing.shop.svc", "web-1.web.shop.svc", "web.other.svc", "web", "web-0", "*.shop.svc", "localhost",
        "web-0.web.shop", "example.com", "web-0.web.shop.svc.cluster.local.evil.example",
    ])
    func `a DNS name it does not have`(name: String) async throws {
        let response = try await fixture.serving { try await fixture.ask(names: [.dns(name)]) }
        expectDenied(.forbiddenName, saying: "may not have", response)
    }

    @Test(arguments: [
        SubjectAlternativeName.ip([10, 0, 0, 8]), .ip([127, 0, 0, 1]),
        .uri("spiffe://cluster.local/ns/shop/sa/admin"), .uri("spiffe://cluster.local/ns/kube-system/sa/web"),
        .email("root@shop.svc"),
    ])
    func `an address or identity it does not have`(name: SubjectAlternativeName) async throws {
        let response = try await fixture.serving {
            try await fixture.ask(names: [.dns("web-0.web.shop.svc"), name])
        }
        expectDenied(.forbiddenName, saying: name.text, response)
    }

    @Test func `anything by the token of another pod`() async throws {
        let other = Pod.fixture("web-1", address: "10.0.0.8")
        fixture.cluster.add(other)
        let token = fixture.cluster.token(for: other)
        let response = try await fixture.serving {
            try await fixture.ask(token: token, names: [.dns("web-0.web.shop.svc")])
        }
        expectDenied(.forbiddenName, saying: "pod web-1", response)
    }

    @Test func `anything by a token of another audience`() async throws {
        let token = fixture.cluster.token(for: .fixture(), audience: "https://kubernetes.default.svc")
        let response = try await fixture.serving { try await fixture.ask(token: token) }
        expectDenied(.tokenRejected, status: 401, saying: "does not accept", response)
        #expect(response["www-authenticate"] == "Bearer")
    }

    @Test(arguments: [
        "system:node:node-1", "admin", "system:serviceaccount:shop", "system:serviceaccount:shop:web:extra",
        "system:serviceaccount:SHOP:web", "system:serviceaccount:shop:", "system:serviceaccount:sh.op:web",
    ])
    func `anything by a token that is no service account's`(username: String) async throws {
        let token = fixture.cluster.token(for: .fixture()) { $0.username = username }
        let response = try await fixture.serving { try await fixture.ask(token: token) }
        expectDenied(.tokenRejected, status: 401, saying: "token", response)
    }

    @Test(arguments: ["pod-name", "pod-uid"])
    func `anything by a token that is bound to no pod`(extra: String) async throws {
        let token = fixture.cluster.token(for: .fixture()) {
            $0.extra["authentication.kubernetes.io/\(extra)"] = nil
        }
        let response = try await fixture.serving { try await fixture.ask(token: token) }
        expectDenied(.tokenRejected, status: 401, saying: "bound to no pod", response)
    }

    @Test(arguments: ["pod-name", "pod-uid"])
    func `anything by a token that is bound to two pods`(extra: String) async throws {
        let token = fixture.cluster.token(for: .fixture()) {
            $0.extra["authentication.kubernetes.io/\(extra)"]?.append("another")
        }
        let response = try await fixture.serving { try await fixture.ask(token: token) }
        expectDenied(.tokenRejected, status: 401, saying: "bound to no pod", response)
    }

    @Test func `anything when the review comes back with an error or without our audience`() throws {
        let extra = [
            "authentication.kubernetes.io/pod-name": ["web-0"], "authentication.kubernetes.io/pod-uid": ["u"],
        ]
        var review = TokenReview(
            isAuthenticated: true, audiences: ["podmint.dev"], username: "system:serviceaccount:shop:web",
            extra: extra)
        _ = try PodCaller(review)
        review.error = "half of an answer"
        #expect(throws: Refusal.self) { try PodCaller(review) }
        review.error = ""
        review.audiences = []
        #expect(throws: Refusal.self) { try PodCaller(review) }
        review.audiences = ["https://kubernetes.default.svc"]
        #expect(throws: Refusal.self) { try PodCaller(review) }
    }

    @Test func `anything once it is gone`() async throws {
        let token = fixture.cluster.token(for: .fixture())
        fixture.cluster.remove("web-0")
        let response = try await fixture.serving { try await fixture.ask(token: token) }
        expectDenied(.podGone, saying: "does not exist", response)
    }

    @Test func `anything once its deletion began`() async throws {
        fixture.cluster.change("web-0") { $0.metadata.isBeingDeleted = true }
        let response = try await fixture.serving { try await fixture.ask() }
        expectDenied(.podGone, saying: "being deleted", response)
    }

    @Test(arguments: [Pod.Phase.succeeded, .failed])
    func `anything once it has ended`(phase: Pod.Phase) async throws {
        fixture.cluster.change("web-0") { $0.phase = phase }
        let response = try await fixture.serving { try await fixture.ask() }
        expectDenied(.podGone, saying: "has ended", response)
    }

    @Test func `anything by the token of the pod that had its name before`() async throws {
        let token = fixture.cluster.token(for: .fixture())
        fixture.cluster.change("web-0") { $0.metadata.uid = "uid-of-the-next" }
        let response = try await fixture.serving { try await fixture.ask(token: token) }
        expectDenied(.podMismatch, saying: "another pod", response)
    }

    @Test func `anything when its account or node is another than the token's`() async throws {
        let token = fixture.cluster.token(for: .fixture())
        fixture.cluster.change("web-0") { $0.serviceAccountName = "admin" }
        expectDenied(
            .podMismatch, saying: "service account",
            try await fixture.serving { try await fixture.ask(token: token) })
        for node in ["node-2", nil] {
            let again = try SigningFixture()
            again.cluster.add(.fixture { $0.nodeName = node })
            let elsewhere = again.cluster.token(for: .fixture())
            #expect(try await again.serving { try await again.ask(token: elsewhere) }.status == 403)
        }
    }

    @Test func `anything in a namespace that is not opted in`() async throws {
        fixture.cluster.optIn("shop", as: nil)
        let response = try await fixture.serving { try await fixture.ask() }
        expectDenied(.namespaceNotOptedIn, saying: "kubectl label namespace shop", response)
    }

    @Test func `a name of a Service that its changed labels no longer match`() async throws {
        fixture.cluster.change("web-0") { $0.metadata.labels = ["app": "other"] }
        let response = try await fixture.serving {
            try await fixture.ask(names: [.dns("shop-front.shop.svc")])
        }
        expectDenied(.forbiddenName, saying: "shop-front.shop.svc", response)
    }

    /// The record of a pod has no annotations at all: what they say can reach neither names nor life.
    @Test func `more by changing its annotations after admission`() async throws {
        let text = #"""
            {"metadata": {"name": "web-0", "namespace": "shop", "uid": "u", "annotations": {
              "podmint.dev/duration": "2184h", "podmint.dev/sans": "evil.example", "podmint.dev/name": "evil"}},
             "spec": {"serviceAccountName": "web"}}
            """#
        let pod = try Pod(JSONDocument(text).root)
        #expect(!"\(pod)".contains("evil") && !"\(pod)".contains("2184h"))
    }

    static let forgeries: [(String, @Sendable (inout Pod) -> Void)] = [
        ("no agent", { $0.initContainers = [] }),
        ("an agent that is no sidecar", { $0.initContainers[0].restartsAlways = false }),
        ("an agent among the app containers", { $0.containers.append($0.initContainers.removeFirst()) }),
        ("two agents", { $0.initContainers.append($0.initContainers[0]) }),
        ("another program", { $0.initContainers[0].command = ["/bin/sh"] }),
        ("other arguments", { $0.initContainers[0].arguments = ["run", "--anything"] }),
        ("settings from elsewhere", { $0.initContainers[0].importsEnvironment = true }),
        ("a life from elsewhere", { $0.initContainers[0].environment[2] = .init("PODMINT_DURATION", nil) }),
        ("two lives", { $0.initContainers[0].environment.append(.init("PODMINT_DURATION", "90m")) }),
        ("a life without end", { $0.initContainers[0].environment[2] = .init("PODMINT_DURATION", "87600h") }),
        ("another policy", { $0.initContainers[0].environment[0] = .init("PODMINT_POLICY", "other") }),
        ("keys on disk", { $0.volumes[0].source = .emptyDirectory(inMemory: false) }),
        ("keys in a volume of others", { $0.volumes[0].source = .other }),
        ("two volumes of one name", { $0.volumes.append($0.volumes[0]) }),
        (
            "another audience",
            { $0.volumes[1].source = .projected(tokens: [.init(audience: nil, path: "token")]) }
        ),
        (
            "a token that the app reads too",
            { $0.containers[0].mounts.append(.init("podmint-token", at: "/t")) }
        ),
        ("no mount of the key volume", { $0.initContainers[0].mounts.removeFirst() }),
        ("no mount of the token", { $0.initContainers[0].mounts.removeLast() }),
    ]

    @Test(arguments: forgeries.indices)
    func `anything with an agent container made by hand`(index: Int) async throws {
        let (what, forge) = Self.forgeries[index]
        fixture.cluster.change("web-0", forge)
        let response = try await fixture.serving { try await fixture.ask() }
        #expect(response.status == 403, "\(what): \(response.text)")
        expectDenied(.notInjected, saying: "was not injected by podmint", response)
    }

    @Test func `a certificate for the key of another pod, or of the authority`() async throws {
        let other = Pod.fixture("web-1", address: "10.0.0.8")
        fixture.cluster.add(other)
        let key = try PrivateKey.generate(.ecdsaP256)
        let (first, second) = try await fixture.serving {
            (try await fixture.ask(key: key), try await fixture.ask("web-1", key: key))
        }
        #expect(first.status == 200)
        #expect(second.status == 403 && second.text.contains("not its own"))
        #expect(!fixture.keys.claim(fixture.authority.certificate.publicKey.spkiSHA256, for: "any"))
    }

    @Test func `anything that cannot be written down`() async throws {
        fixture.auditSink.breakDown()
        let response = try await fixture.serving { try await fixture.ask() }
        #expect(response.status == 503)
        #expect(!response.text.contains("no space left"), "the reason is the log's, not the peer's")
        #expect(fixture.logSink.lines.contains { $0.contains("no space left on device") })
    }
}
