// SPDX-License-Identifier: Apache-2.0
import HTTP
import KubernetesAPI
import KubernetesClient
import OpenSSL
import Testing

@testable import Issuance

/// What people find at a pod that got no certificate, and at what made it.
struct RefusalEventTests {
    let fixture: SigningFixture
    let set = ObjectReference(
        apiVersion: "apps/v1", kind: "StatefulSet", namespace: "shop", name: "web", uid: "set-1")

    init() throws {
        fixture = try SigningFixture()
        let set = set
        fixture.cluster.add(.fixture { $0.controller = set })
    }

    private func refuse(
        names: [SubjectAlternativeName] = [], key: PrivateKey? = nil
    ) async throws -> [Happening] {
        let response = try await fixture.serving { try await fixture.ask(key: key, names: names) }
        #expect(response.status != 200)
        return fixture.events.happenings
    }

    @Test func `a foreign name is told at the pod and at its owner`() async throws {
        let happenings = try await refuse(names: [.dns("billing.shop.svc")])
        let pod = ObjectReference.pod("web-0", in: "shop", uid: "uid-shop-web-0")
        #expect(happenings.map(\.object) == [pod, set])
        #expect(happenings.allSatisfy { $0.kind == .warning && $0.reason == "ForbiddenName" })
        #expect(happenings.allSatisfy { $0.message.contains("billing.shop.svc") })
        #expect(happenings.allSatisfy { $0.message.contains("Hint: ") })
    }

    @Test func `a bare pod has no owner to tell`() async throws {
        fixture.cluster.add(.fixture())
        #expect(try await refuse(names: [.dns("billing.shop.svc")]).map(\.object.kind) == ["Pod"])
    }

    @Test func `a key that is another's`() async throws {
        let key = try PrivateKey.generate(.ecdsaP256)
        fixture.keys.reserve(key.publicKey.spkiSHA256)
        #expect(try await refuse(key: key).map(\.reason) == ["ForbiddenKey", "ForbiddenKey"])
    }

    @Test func `a namespace that is not opted in`() async throws {
        fixture.cluster.optIn("shop", as: nil)
        #expect(try await refuse().map(\.reason) == ["NamespaceNotOptedIn", "NamespaceNotOptedIn"])
    }

    @Test func `the owner of a pod of the same name hears nothing`() async throws {
        let token = fixture.cluster.token(for: .fixture())
        fixture.cluster.change("web-0") { $0.metadata.uid = "uid-of-the-next" }
        let response = try await fixture.serving { try await fixture.ask(token: token) }
        #expect(response.status == 403)
        #expect(fixture.events.happenings.map(\.object.uid) == ["uid-shop-web-0"])
    }

    @Test func `what mends itself is told to nobody`() async throws {
        fixture.cluster.change("web-0") { $0.addresses = [] }
        let late = try await fixture.serving { try await fixture.ask(fields: [("Prefer", "wait=1")]) }
        #expect(late.status == 503)
        let bad = try await fixture.serving { try await fixture.ask(token: "a.bbbbbbbbbbbbbbbbbbbb.c") }
        #expect(bad.status == 401)
        #expect(fixture.events.happenings.isEmpty)
    }

    @Test func `a certificate that was issued is no news`() async throws {
        let response = try await fixture.serving { try await fixture.ask() }
        #expect(response.status == 200)
        #expect(fixture.events.happenings.isEmpty)
    }
}
