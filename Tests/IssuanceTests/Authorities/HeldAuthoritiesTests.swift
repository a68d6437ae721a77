// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Policies
import Synchronization
import Testing

@testable import Issuance

/// What the registry holds, and what it lets go.
struct HeldAuthoritiesTests: RegistryTesting {
    let secrets = InMemoryAuthorities()
    let time = TestClock()

    @Test func `a namespace with many policies pushes out its own authorities, the longest unused first`()
        async throws
    {
        let (keys, most) = (KeyLedger(), AuthorityRegistry.mostOfOneNamespace)
        let registry = holding(keys: keys)
        let neighbour = try await registry.authority(for: own(0, of: "bank"))
        for policy in 0..<most + 20 {
            time.advance(by: .milliseconds(1000))
            _ = try await registry.authority(for: own(policy, of: "shop"))
            if policy % 20 == 0 { _ = try await registry.authority(for: own(0, of: "shop")) }
        }
        #expect(keys.reserved == most + 1)
        let reads = secrets.contents.withLock { $0.reads }
        #expect(try await registry.authority(for: own(0, of: "bank")).certificate == neighbour.certificate)
        _ = try await registry.authority(for: own(most + 19, of: "shop"))
        #expect(secrets.contents.withLock { $0.reads } <= reads + 1, "they are held")
        // What was let go is found again.
        let creations = secrets.contents.withLock { $0.creations }
        _ = try await registry.authority(for: own(1, of: "shop"))
        #expect(secrets.contents.withLock { $0.creations } == creations)
    }

    @Test func `CAs in memory cannot be found again, so a namespace gets no more of them than it may`()
        async throws
    {
        let registry = holding()
        for policy in 0..<AuthorityRegistry.mostOfOneNamespace {
            _ = try await registry.authority(for: own(policy, of: "shop", .memory))
        }
        let refusal = try #require(await failure(registry, own(1000, of: "shop", .memory)))
        #expect(refusal.reason == "TooManyAuthorities" && refusal.description.contains("\"shop\" has 100"))
        _ = try await registry.authority(for: own(1, of: "bank", .memory))
    }

    @Test func `what namespaces share neither goes nor is refused for tenants' sake`() async throws {
        let keys = KeyLedger()
        let registry = holding(keys: keys, most: (inAll: 4, inMemory: 4))
        let standard = try await registry.authority(for: .standard)
        for policy in 0..<4 {
            time.advance(by: .milliseconds(1000))
            _ = try await registry.authority(for: own(policy, of: "shop", .memory))
        }
        #expect(try await registry.authority(for: .standard) === standard, "it is held")
        #expect(keys.reserved == 5)
        _ = try await registry.authority(for: own("shared"))
        #expect(keys.reserved == 6)
        // Nothing of theirs can go, and what is shared does not.
        #expect(await failure(registry, own(9, of: "bank"))?.reason == "OutOfMemory")
        #expect(try await registry.authority(for: .standard) === standard)
    }

    @Test func `without room it is tenants' keys that go, never those that namespaces share`() async throws {
        let keys = KeyLedger()
        let registry = holding(KeyRoom { keys.reserved >= 2 }, keys: keys)
        let standard = try await registry.authority(for: .standard)
        for policy in 0..<4 {
            time.advance(by: .milliseconds(1000))
            _ = try await registry.authority(for: own(policy, of: "shop"))
        }
        #expect(keys.reserved == 2)
        #expect(try await registry.authority(for: .standard) === standard)
    }

    @Test func `CAs in memory of many namespaces leave room for those that can be found again`() async throws
    {
        let registry = holding(most: (inAll: 4, inMemory: 2))
        for policy in 0..<2 { _ = try await registry.authority(for: own(policy, of: "shop", .memory)) }
        let refusal = try #require(await failure(registry, own(0, of: "bank", .memory)))
        #expect(refusal.reason == "TooManyAuthorities" && refusal.description.hasPrefix("all namespaces"))
        for policy in 0..<5 { _ = try await registry.authority(for: own(policy, of: "bank")) }
    }

    @Test func `no neighbour goes for a CA in memory that is refused`() async throws {
        let keys = KeyLedger()
        let registry = holding(keys: keys, most: (inAll: 2000, inMemory: 1))
        _ = try await registry.authority(for: own(0, of: "bank", .memory))
        for policy in 0..<AuthorityRegistry.mostOfOneNamespace {
            _ = try await registry.authority(for: own(policy, of: "shop"))
        }
        let held = keys.reserved
        let refusal = try #require(await failure(registry, own(1000, of: "shop", .memory)))
        #expect(refusal.description.hasPrefix("all namespaces"))
        #expect(keys.reserved == held)
    }

    @Test func `without room others' keys go, and at last it is told, for a while`() async throws {
        let left = Mutex(3)
        let keys = KeyLedger()
        let registry = holding(KeyRoom { keys.reserved >= left.withLock { $0 } }, keys: keys)
        for policy in 0..<10 {
            time.advance(by: .milliseconds(1000))
            _ = try await registry.authority(for: own(policy, of: "shop"))
            #expect(keys.reserved <= 3)
        }
        let held = try await registry.authority(for: own(9, of: "shop"))
        left.withLock { $0 = 0 }
        let failure = try #require(await failure(registry, own(0, of: "bank")))
        #expect(failure.isTransient && failure.reason == "OutOfMemory")
        time.advance(by: .seconds(31))
        left.withLock { $0 = 3 }
        #expect(
            try await registry.authority(for: own(9, of: "shop")).certificate == held.certificate)
        _ = try await registry.authority(for: own(0, of: "bank"))
    }

    @Test func `a full heap takes no working authority away`() async throws {
        let isTaken = Mutex(false)
        let registry = holding(KeyRoom { isTaken.withLock { $0 } })
        let first = try await registry.authority(for: own("a.b"))
        isTaken.withLock { $0 = true }
        time.advance(by: .seconds(31))
        #expect(try await registry.authority(for: own("a.b")) === first)
    }

    @Test func `what nobody plans or asks for any more is let go, and its key with it`() async throws {
        let keys = KeyLedger()
        let gone = Mutex<Set<String>>([])
        let registry = holding(keys: keys, isPlanned: { name in !gone.withLock { $0.contains(name) } })
        let kept = try await registry.authority(for: own(1, of: "shop", .memory))
        for policy in 2..<5 { _ = try await registry.authority(for: own(policy, of: "shop")) }
        _ = try await registry.authority(for: own(5, of: "shop", .memory))
        #expect(keys.reserved == 5)
        gone.withLock { $0.formUnion(["shop.p2", "shop.p5"]) }
        time.advance(by: .seconds(31))
        _ = try await registry.authority(for: own(3, of: "shop"))
        #expect(keys.reserved == 3)
        time.advance(by: .seconds(AuthorityRegistry.idle))
        _ = try await registry.authority(for: own(3, of: "shop"))
        #expect(keys.reserved == 2, "one is asked for, and a CA in memory exists nowhere else")
        #expect(
            try await registry.authority(for: own(1, of: "shop", .memory)).certificate == kept.certificate)
    }

    @Test func `it says when the first of them ends that a person must replace`() async throws {
        let ends = Mutex(AuthorityEnds())
        let registry = holding(noteEnds: { new in ends.withLock { $0 = new } })
        _ = try await registry.authority(for: own(1, of: "shop", .memory))
        #expect(ends.withLock { $0 } == AuthorityEnds())
        _ = try await registry.authority(for: .standard)
        _ = try await registry.authority(
            for: .own("long", lifetime: 100 * 86_400, keyStorage: .secret))
        let first = try await registry.authority(for: own(2, of: "shop"))
        #expect(ends.withLock { $0.firstOfOthers } == first.end)
        #expect(ends.withLock { $0.standard } == TestClock.start + 365 * 86_400)
        // It has ended, and so says a replica that never saw it alive.
        time.advance(by: .seconds(366 * 86_400))
        let later = holding(noteEnds: { new in ends.withLock { $0 = new } })
        #expect(await failure(later, .standard)?.reason == "AuthorityExpired")
        #expect(ends.withLock { $0.standard } == TestClock.start + 365 * 86_400)
    }
}
