// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Policies
import Synchronization
import Testing

@testable import Issuance

/// Policies' CAs of namespaces that come back.
struct NamespaceMarkTests: RegistryTesting {
    let secrets = InMemoryAuthorities()
    let time = TestClock()

    private func own(in namespace: String, uid: String) -> AuthorityPlan {
        var plan = own(1, of: namespace)
        plan.namespaceUID = uid
        return plan
    }

    @Test func `a policy's CA is not another namespace's of the same name`() async throws {
        let registry = try registry()
        let first = try await registry.authority(for: own(in: "shop", uid: "one"))
        #expect(secrets.contents.withLock { $0.own["podmint-ca-shop.p1"]?.namespaceUID } == "one")
        // At once, whatever is remembered of it.
        let refusal = try #require(await failure(registry, own(in: "shop", uid: "two")))
        #expect(refusal.reason == "AuthorityOfFormerNamespace" && !refusal.isTransient)
        #expect(refusal.description.contains("a former namespace \"shop\""))
        #expect(
            refusal.hint.contains("delete the Secret") && refusal.hint.contains("podmint.dev/namespace-uid-"))
        #expect(
            try await registry.authority(for: own(in: "shop", uid: "one")).certificate == first.certificate)
        secrets.contents.withLock { $0.own["podmint-ca-shop.p1"] = nil }
        time.advance(by: .seconds(6))
        #expect(
            try await registry.authority(for: own(in: "shop", uid: "two")).certificate != first.certificate)
    }

    @Test func `one of before there were marks gets its mark`() async throws {
        let made = try await registry().authority(for: own(1, of: "shop"))
        #expect(secrets.contents.withLock { $0.own["podmint-ca-shop.p1"]?.namespaceUID } == nil)
        let found = try await registry().authority(for: own(in: "shop", uid: "one"))
        #expect(found.certificate == made.certificate)
        #expect(secrets.contents.withLock { $0.own["podmint-ca-shop.p1"]?.namespaceUID } == "one")
        #expect(await failure(try registry(), own(in: "shop", uid: "two")) != nil)
    }

    @Test func `a CA in memory is not another namespace's either`() async throws {
        let registry = try registry()
        var plan = own(1, of: "shop", .memory)
        plan.namespaceUID = "one"
        let first = try await registry.authority(for: plan)
        plan.namespaceUID = "two"
        #expect(try await registry.authority(for: plan).certificate != first.certificate)
    }
}
