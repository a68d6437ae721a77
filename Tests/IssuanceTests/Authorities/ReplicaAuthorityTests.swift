// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Policies
import Synchronization
import Testing

@testable import Issuance

/// CAs whose keys are in the memory of one replica.
struct ReplicaAuthorityTests: RegistryTesting {
    let secrets = InMemoryAuthorities()
    let time = TestClock()

    @Test func `in memory each replica has its own, which signs once all can know it`() async throws {
        let (one, other) = (try registry(), try registry(replica: "b"))
        let first = try await one.authority(for: own("a.b", .memory))
        #expect(first.signsFrom == 0, "nobody could know another")
        let second = try await other.authority(for: own("a.b", .memory))
        #expect(second.certificate != first.certificate)
        #expect(second.signsFrom == TestClock.start + ReplicaAuthority.settling)
        #expect(Set(second.bundle) == [first.certificate, second.certificate])
        time.advance(by: .seconds(31))
        let again = try await one.authority(for: own("a.b", .memory))
        #expect(again.certificate == first.certificate && Set(again.bundle) == Set(second.bundle))
        #expect(Set(again.accepted) == Set(second.bundle))
        #expect(secrets.contents.withLock { $0.own.isEmpty }, "no key anywhere")
    }

    @Test func `a replica that is gone is trusted for a day, and its leaves replaced before`() async throws {
        let gone = try await registry(replica: "gone").authority(for: own("a.b", .memory)).certificate
        let left = try registry(replica: "left")
        func look(after seconds: Int) async throws -> Authority {
            time.advance(by: .seconds(seconds))
            return try await left.authority(for: own("a.b", .memory))
        }
        #expect(try await look(after: 0).accepted.contains(gone))
        let later = try await look(after: 4 * 3600)
        #expect(later.bundle.contains(gone) && !later.accepted.contains(gone))
        #expect(try await !look(after: 20 * 3600).bundle.contains(gone))
        _ = try await look(after: 3600)
        #expect(secrets.contents.withLock { $0.replicas["podmint-ca-a.b"]?["gone.crt"] } == nil)
    }

    @Test func `a CA in memory signs until its successor is known, and is trusted until it ends`()
        async throws
    {
        let registry = try registry()
        func look(after seconds: Int) async throws -> Authority {
            time.advance(by: .seconds(seconds))
            return try await registry.authority(for: own("a.b", .memory))
        }
        let first = try await look(after: 0)
        // A tenth of its day is left.
        let both = try await look(after: 86_400 - 8_000)
        #expect(both.certificate == first.certificate && both.signsFrom == 0)
        #expect(both.bundle.count == 2 && both.accepted.count == 2)
        #expect(try await look(after: 31).certificate == first.certificate)
        let second = try await look(after: Int(ReplicaAuthority.settling))
        #expect(second.certificate != first.certificate && second.signsFrom <= time.clock.now())
        #expect(Set(second.bundle) == Set(both.bundle))
        #expect(Set(second.accepted) == Set(both.accepted))
        #expect(second.certificate.notAfter > first.certificate.notAfter)
        // What others know of it.
        let other = try await self.registry(replica: "b").authority(for: own("a.b", .memory))
        #expect(Set(other.bundle).isSuperset(of: both.bundle))
        let last = try await look(after: 8_000)
        #expect(!last.bundle.contains(first.certificate) && last.bundle.contains(other.certificate))
    }

    @Test func `a CA in memory outlives a change of its duration`() async throws {
        let registry = try registry()
        let first = try await registry.authority(for: own("a.b", .memory)).certificate
        for hours in [1, 240] as [Int64] {
            let plan = AuthorityPlan.own("a.b", lifetime: hours * 3600, keyStorage: .memory)
            let found = try await registry.authority(for: plan)
            #expect(found.bundle.contains(first) && found.accepted.contains(first), "\(hours)")
            #expect(found.signsFrom <= time.clock.now(), "somebody signs")
            time.advance(by: .seconds(ReplicaAuthority.settling + 31))
            let later = try await registry.authority(for: plan)
            #expect(later.certificate != first && later.bundle.contains(first), "\(hours)")
            #expect(later.certificate.notAfter - TestClock.start <= hours * 3600 + 600)
        }
    }

    @Test func `who comes back to a CA that ended starts another, which is made known first`() async throws {
        let registry = try registry()
        let first = try await registry.authority(for: own("a.b", .memory)).certificate
        time.advance(by: .seconds(2 * 86_400))
        let second = try await registry.authority(for: own("a.b", .memory))
        #expect(
            second.certificate != first && second.signsFrom == time.clock.now() + ReplicaAuthority.settling)
    }

    @Test func `replicas that crash again and again leave a bundle that agents take`() async throws {
        for number in 0..<60 {
            _ = try await registry(replica: "r\(number)").authority(for: own("a.b", .memory))
            time.advance(by: .seconds(60))
        }
        let last = try await registry().authority(for: own("a.b", .memory))
        #expect(last.bundle.count + ExtraTrust.mostCertificates == 150)
    }
}
