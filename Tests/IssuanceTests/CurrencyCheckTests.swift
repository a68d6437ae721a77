// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import KubernetesAPI
import OpenSSL
import Policies
import Synchronization
import Testing

@testable import Issuance

/// Whether what an agent has is still what it would get.
struct CurrencyCheckTests {
    let fixture: SigningFixture

    init() throws {
        fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
    }

    private func issued(_ policy: String = "default") async throws -> (Certificate, [Certificate]) {
        let certificates = try await fixture.serving {
            try await fixture.ask(fields: [("Podmint-Policy", policy)]).certificates()
        }
        return (certificates[0], Array(certificates.dropFirst()))
    }

    @Test func `what was just issued is current, and costs the API server no token review`() async throws {
        let (leaf, bundle) = try await issued()
        let reviews = fixture.cluster.reviews
        let response = await fixture.check(leaf, bundle: bundle)
        #expect(response.status == 204 && response["cache-control"] == "max-age=30", "\(response)")
        #expect(fixture.cluster.reviews == reviews)
    }

    @Test func `a Service that comes and one that goes are told`() async throws {
        let (leaf, bundle) = try await issued()
        let service = Service(
            metadata: RecordMetadata(name: "new", namespace: "shop", uid: "n"), selector: ["app": "web"])
        fixture.cluster.contents.withLock { $0.services.append(service) }
        let response = await fixture.check(leaf, bundle: bundle)
        #expect(response.status == 200 && response.text == "names\n")
        fixture.cluster.contents.withLock { _ = $0.services.removeLast() }
        #expect(await fixture.check(leaf, bundle: bundle).status == 204)
        fixture.cluster.contents.withLock { $0.services = [] }
        #expect(await fixture.check(leaf, bundle: bundle).text == "names\n")
    }

    @Test func `a changed policy, authority or bundle is told`() async throws {
        try fixture.secrets.add(policy: "transport", ["certificate": ["duration": "24h"]])
        fixture.cluster.change("web-0") { $0.inject("transport") }
        let (leaf, bundle) = try await issued("transport")
        func told(_ spec: JSONValue) async throws -> String {
            try fixture.secrets.add(policy: "transport", spec)
            return await fixture.check(leaf, bundle: bundle, policy: "transport").text
        }
        #expect(try await told(["certificate": ["duration": "24h"]]) == "")
        #expect(try await told(["certificate": ["duration": "2h"]]) == "lifetime\n")
        #expect(try await told(["certificate": ["usages": ["server auth"]]]) == "usages\n")
        #expect(try await told(["certificate": ["commonName": "a"]]) == "subject\n")
        #expect(try await told(["tls": ["subjectAltNames": [["dns": "a.example"]]]]) == "names\n")
        fixture.secrets.contents.withLock {
            $0.trust["shop/configMap(\"trust\")"] = fixture.authority.bundlePEM
        }
        #expect(try await told(["tls": ["certificateAuthorities": ["configMapName": "trust"]]]) == "bundle\n")
        fixture.secrets.addCA("custom-ca", in: "shop", try Authority.make(name: "c", at: TestClock.start))
        #expect(try await told(["tls": ["certificate": ["secretName": "custom-ca"]]]) == "authority\n")
    }

    @Test func `a leaf of another replica's CA is as good`() async throws {
        try fixture.secrets.add(policy: "transport", ["authority": ["selfSigned": ["keyStorage": "Memory"]]])
        fixture.cluster.change("web-0") { $0.inject("transport") }
        let (leaf, bundle) = try await issued("transport")
        let other = AuthorityRegistry(
            own: AuthoritySecret(store: fixture.secrets), users: fixture.secrets, replicas: fixture.secrets,
            replica: "other", keys: KeyLedger(), clock: fixture.time.clock)
        let second = try await other.authority(
            for: .own("shop.transport", lifetime: 365 * 86_400, keyStorage: .memory))
        fixture.time.advance(by: .seconds(31))
        let bundles = await fixture.check(leaf, bundle: bundle, policy: "transport")
        #expect(bundles.text == "bundle\n")
        let response = await fixture.check(leaf, bundle: second.bundle, policy: "transport")
        #expect(response.status == 204)
    }

    @Test func `who would get nothing now keeps what it has`() async throws {
        let (leaf, bundle) = try await issued()
        try fixture.secrets.add(policy: "default", ["authority": ["clusterAuthority": ["name": "gone"]]])
        #expect(await fixture.check(leaf, bundle: bundle).status == 204)
        fixture.secrets.catalog.removePolicy(named: "default", in: "shop")
        fixture.cluster.optIn("shop", as: nil)
        #expect(await fixture.check(leaf, bundle: []).status == 204)
        #expect(await fixture.check(leaf, bundle: [], pod: "shop/gone").status == 204)
    }

    @Test func `a question that makes no sense is refused`() async throws {
        let (leaf, bundle) = try await issued()
        for pod in ["", "shop", "shop/web/0", "Shop/web-0", "../web-0"] {
            #expect(await fixture.check(leaf, bundle: bundle, pod: pod).status == 400, "\(pod)")
        }
        let empty = HTTPRequest(method: .post, path: "/v1/check")
        #expect(await fixture.endpoint.answer(AgentRequest(copying: empty)).status == 400)
    }

    @Test func `the pause grows with the agents, and a flood is turned away`() {
        let time = TestClock()
        let pace = CheckPace(clock: time.clock)
        #expect(pace.next() == 30)
        // 10,000 agents, each every 200 s.
        for _ in 0..<600 {
            time.advance(by: .seconds(1))
            for _ in 0..<50 { #expect(pace.next() != nil) }
        }
        let settled = pace.next() ?? 0
        #expect((25...600).contains(settled))
        var answered = 0
        for _ in 0..<1000 where pace.next() != nil { answered += 1 }
        #expect(answered <= 200)
    }
}
