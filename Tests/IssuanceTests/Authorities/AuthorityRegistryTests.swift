// SPDX-License-Identifier: Apache-2.0
import JSON
import OpenSSL
import Policies
import Synchronization
import Testing

@testable import Issuance

struct AuthorityRegistryTests {
    let secrets = InMemoryAuthorities()
    let time = TestClock()

    private func registry(kek: UInt8? = nil, replica: String = "a") throws -> AuthorityRegistry {
        let key = try kek.map {
            try KeyEncryptionKey(reading: SecretBytes(copying: [UInt8](repeating: $0, count: 32).span.bytes))
        }
        return AuthorityRegistry(
            own: AuthoritySecret(store: secrets, keyEncryptionKey: key, clock: time.clock), users: secrets,
            replicas: secrets, replica: replica, keys: KeyLedger(), clock: time.clock)
    }

    private func own(
        _ name: String, _ storage: SelfSignedAuthority.KeyStorage = .secret
    ) -> AuthorityPlan { .own(name, lifetime: 86_400, keyStorage: storage) }

    private func failure(
        _ registry: AuthorityRegistry, _ plan: AuthorityPlan
    ) async -> AuthorityError? {
        do throws(AuthorityError) { _ = try await registry.authority(for: plan) } catch { return error }
        return nil
    }

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

    // MARK: - Memory

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

    // MARK: - A person's

    private func user(_ namespace: String = "shop") -> AuthorityPlan {
        AuthorityPlan(name: "shop.transport", source: .secret(namespace: namespace, name: "custom-ca"))
    }

    @Test func `a person's CA signs, a change of it is noticed`() async throws {
        let registry = try registry()
        let first = try Authority.make(name: "one", at: TestClock.start)
        secrets.addCA("custom-ca", in: "shop", first)
        #expect(try await registry.authority(for: user()).certificate == first.certificate)
        let second = try Authority.make(name: "two", at: TestClock.start)
        secrets.addCA("custom-ca", in: "shop", second)
        time.advance(by: .seconds(31))
        #expect(try await registry.authority(for: user()).certificate == second.certificate)
    }

    @Test func `an intermediate comes with its chain, and the root is what to trust`() async throws {
        let root = try CertificateIssuer.selfSigned(
            commonName: "root", algorithm: .ecdsaP256, notBefore: TestClock.start - 60,
            notAfter: TestClock.start + 86_400)
        let key = try PrivateKey.generate(.ecdsaP256)
        let intermediate = try CertificateIssuer(certificate: root.certificate, key: root.key).issueAuthority(
            commonName: "intermediate", for: key.publicKey, notBefore: TestClock.start - 60,
            notAfter: TestClock.start + 86_400, pathLength: 0)
        secrets.addCA("custom-ca", in: "shop", (intermediate, key), beside: root.certificate.pem)
        let authority = try await registry().authority(for: user())
        #expect(authority.intermediates == [intermediate] && authority.bundle == [root.certificate])
    }

    @Test func `what may not sign does not sign, with the code of validation`() async throws {
        let expired = try CertificateIssuer.selfSigned(
            commonName: "old", algorithm: .ecdsaP256, notBefore: TestClock.start - 7200,
            notAfter: TestClock.start - 3600)
        let good = try Authority.make(name: "good", at: TestClock.start)
        let leafKey = try PrivateKey.generate(.ecdsaP256)
        let leaf = try CertificateIssuer(certificate: good.certificate, key: good.key).issue(
            LeafTemplate(
                names: [.dns("a.example")], notBefore: TestClock.start - 60, notAfter: TestClock.start + 3600),
            for: leafKey.publicKey)
        let cases: [(Certificate, PrivateKey, String)] = [
            (expired.certificate, expired.key, "Expired"), (leaf, leafKey, "NotCA"),
            (good.certificate, leafKey, "KeyMismatch"),
        ]
        for (certificate, key, code) in cases {
            secrets.addCA("custom-ca", in: "shop", (certificate, key))
            let found = try #require(await failure(try registry(), user()))
            #expect(found.reason == code, "\(found)")
            #expect(found.description.contains("custom-ca"))
        }
    }

    /// It becomes a condition and an Event, which are written anew whenever they read otherwise.
    @Test func `what is wrong with an expired CA reads the same a day later`() async throws {
        let expired = try CertificateIssuer.selfSigned(
            commonName: "old", algorithm: .ecdsaP256, notBefore: TestClock.start - 7200,
            notAfter: TestClock.start - 3600)
        secrets.addCA("custom-ca", in: "shop", expired)
        let first = try #require(await failure(try registry(), user()))
        time.advance(by: .seconds(86_400))
        let second = try #require(await failure(try registry(), user()))
        #expect(first.reason == "Expired")
        #expect(first.description == second.description && first.summary == second.summary)
    }

    @Test func `missing, forbidden and not meant to sign are told apart`() async throws {
        let registry = try registry()
        #expect(await failure(registry, user())?.reason == "MissingReference")
        secrets.contents.withLock {
            $0.users["shop/custom-ca"] = [
                "metadata": ["name": "custom-ca"], "type": "kubernetes.io/tls",
                "data": ["tls.crt": "", "tls.key": ""],
            ]
        }
        time.advance(by: .seconds(6))
        #expect(await failure(registry, user())?.reason == "NotAnAuthority")
        secrets.contents.withLock { _ = $0.closed.insert("shop") }
        time.advance(by: .seconds(6))
        let forbidden = try #require(await failure(registry, user()))
        #expect(forbidden.reason == "MissingRights" && forbidden.hint.contains("--allow-namespace shop"))
    }
}
