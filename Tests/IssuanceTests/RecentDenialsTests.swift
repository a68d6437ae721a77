// SPDX-License-Identifier: Apache-2.0
import HTTP
import KubernetesAPI
import OpenSSL
import SigningProtocol
import Synchronization
import Testing

@testable import Issuance

/// What stays of a denial for the policy's condition.
struct RecentDenialsTests {
    let fixture: SigningFixture

    init() throws {
        fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
    }

    private var denial: RecentDenials.Denial? { fixture.denials.denial(under: .standard, in: "shop") }

    /// `wish` is what admission wrote into the pod's spec, `name` what a request made by hand asks for.
    private func ask(wish: String? = nil, pod: String = "web-0", name: String? = nil) async throws -> Int {
        fixture.cluster.change(pod) { $0.inject("default", names: wish) }
        let stored = try #require(fixture.cluster.contents.withLock { $0.pods["shop/\(pod)"] })
        let request = try SigningFixture.request(
            token: fixture.cluster.token(for: stored), key: .generate(.ecdsaP256),
            names: name.map { [.dns($0)] } ?? [])
        return await fixture.answerOnce(request).status
    }

    @Test func `the denied name is kept with its pod and rule, until the pod gets a certificate`()
        async throws
    {
        #expect(try await ask(wish: "dns:billing.bank.svc") == 403)
        let found = try #require(denial)
        #expect(found.pod == "web-0" && found.code == .forbiddenName)
        #expect(found.message.contains(#""billing.bank.svc", from the pod's annotations, belongs to"#))
        #expect(fixture.denials.denial(under: .standard, in: "bank") == nil)
        #expect(try await ask() == 200)
        #expect(denial == nil)
    }

    @Test func `it goes when nobody has asked for a while, and another try keeps it`() async throws {
        #expect(try await ask(wish: "dns:billing.bank.svc") == 403)
        fixture.time.advance(by: .seconds(RecentDenials.lifetime - 1))
        #expect(try await ask(wish: "dns:billing.bank.svc") == 403)
        fixture.time.advance(by: .seconds(RecentDenials.lifetime - 1))
        #expect(denial != nil)
        fixture.time.advance(by: .seconds(1))
        #expect(denial == nil)
    }

    @Test func `the next pod's denial does not take its place, and its certificate does not end it`()
        async throws
    {
        fixture.cluster.add(.fixture("web-1", address: "10.0.0.8"))
        #expect(try await ask(wish: "dns:billing.bank.svc") == 403)
        #expect(try await ask(wish: "dns:other.bank.svc", pod: "web-1") == 403)
        #expect(denial?.pod == "web-0")
        #expect(try await ask(pod: "web-1") == 200)
        #expect(denial?.pod == "web-0")
    }

    /// Whoever makes a request by hand says nothing of the policy.
    @Test func `what is no wish's fault is none of it`() async throws {
        #expect(try await ask(name: "billing.bank.svc") == 403)
        #expect(denial == nil)
        fixture.cluster.optIn("shop", as: nil)
        #expect(try await ask(wish: "dns:billing.bank.svc") == 403)
        #expect(denial == nil)
    }
}
