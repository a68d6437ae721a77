// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Policies
import Synchronization
import Testing

@testable import Issuance

struct AuthorityRegistryTests: RegistryTesting {
    let secrets = InMemoryAuthorities()
    let time = TestClock()

    @Test func `three policies in three namespaces are three CAs, the same on every replica`() async throws {
        let (one, other) = (try registry(), try registry(replica: "b"))
        var found: Set<Certificate> = []
        for namespace in ["a", "b", "c"] {
            let plan = own("\(namespace).transport")
            async let first = one.authority(for: plan)
            async let second = other.authority(for: plan)
            let (left, right) = (try await first, try await second)
            #expect(left.certificate == right.certificate)
            found.insert(left.certificate)
        }
        #expect(found.count == 3)
        #expect(
            secrets.contents.withLock { $0.own.keys.sorted() } == [
                "podmint-ca-a.transport", "podmint-ca-b.transport", "podmint-ca-c.transport",
            ])
    }

    @Test func `many that ask at once cost one look`() async throws {
        let registry = try registry()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await registry.authority(for: own("a.b")) } }
            try await group.waitForAll()
        }
        #expect(
            secrets.contents.withLock { $0.creations } == 1 && secrets.contents.withLock { $0.reads } <= 2)
    }

    @Test func `names that no label and no common name can hold are no trouble`() async throws {
        let name = String(repeating: "n", count: 63) + "." + String(repeating: "p", count: 55)
        let (one, other) = (try registry(), try registry())
        let made = try await one.authority(for: own(name))
        #expect(try await other.authority(for: own(name)).certificate == made.certificate)
        #expect(made.certificate.commonName?.utf8.count == 64)
    }

    @Test func `silence of the cluster takes nothing away, and what it says later counts`() async throws {
        let registry = try registry()
        let first = try await registry.authority(for: own("a.b"))
        secrets.contents.withLock { $0.isSilent = true }
        time.advance(by: .seconds(60))
        #expect(try await registry.authority(for: own("a.b")) === first)
        secrets.contents.withLock {
            $0.isSilent = false
            $0.own = [:]
        }
        time.advance(by: .seconds(60))
        #expect(try await registry.authority(for: own("a.b")).certificate != first.certificate)
    }

    @Test func `one that may not be made anew goes on with what is held`() async throws {
        let registry = try registry()
        let first = try await registry.authority(for: own("a.b"))
        secrets.contents.withLock {
            $0.own = [:]
            $0.refusal = "a policy says no"
        }
        time.advance(by: .seconds(60))
        #expect(try await registry.authority(for: own("a.b")) === first)
        guard case .refused? = await failure(registry, own("c.d")) else {
            Issue.record("one that was never held cannot sign")
            return
        }
    }

    // MARK: - Wrapped

    @Test func `a wrapped key is in no Secret, and comes back with its KEK`() async throws {
        let made = try await registry(kek: 1).authority(for: own("a.b", .wrapped))
        let stored = try #require(secrets.contents.withLock { $0.own["podmint-ca-a.b"] })
        #expect(stored.key.isEmpty && stored.wrapped.count > 100)
        #expect(
            try await registry(kek: 1).authority(for: own("a.b", .wrapped)).certificate == made.certificate)
    }

    @Test func `another KEK, or none, is told and changes nothing`() async throws {
        _ = try await registry(kek: 1).authority(for: own("a.b", .wrapped))
        let before = secrets.contents.withLock { $0.own["podmint-ca-a.b"]?.wrapped }
        guard case .wrongKEK(let secret)? = await failure(try registry(kek: 2), own("a.b", .wrapped)) else {
            Issue.record("it should be told")
            return
        }
        #expect(secret == "podmint-ca-a.b")
        let without = try #require(await failure(try registry(), own("a.b", .wrapped)))
        #expect(
            without.description.contains("was given no key encryption key")
                && without.hint.contains("--kek-file"))
        let plain = try #require(await failure(try registry(kek: 1), own("a.b")))
        #expect(plain.description.contains("keyStorage is not Wrapped"))
        #expect(secrets.contents.withLock { $0.own["podmint-ca-a.b"]?.wrapped } == before)
        _ = try await registry().authority(for: own("c.d"))
        let clear = try #require(await failure(try registry(kek: 1), own("c.d", .wrapped)))
        #expect(clear.description.contains("in the clear"))
    }
}
