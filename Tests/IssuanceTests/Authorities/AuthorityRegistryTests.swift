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

    // MARK: - What is held

    private func holding(
        _ room: KeyRoom = KeyRoom { false }, keys: KeyLedger = KeyLedger(),
        most: (inAll: Int, inMemory: Int) = (2000, 1000),
        isPlanned: @escaping @Sendable (String) -> Bool = { _ in true },
        noteEnds: @escaping @Sendable (AuthorityEnds) -> Void = { _ in }
    ) -> AuthorityRegistry {
        AuthorityRegistry(
            own: AuthoritySecret(store: secrets, clock: time.clock), users: secrets, replicas: secrets,
            replica: "a", keys: keys, room: room, most: most, isPlanned: isPlanned, clock: time.clock,
            noteEnds: noteEnds)
    }

    private func own(
        _ policy: Int, of namespace: String, _ storage: SelfSignedAuthority.KeyStorage = .secret
    ) -> AuthorityPlan {
        .own("\(namespace).p\(policy)", lifetime: 86_400, keyStorage: storage, namespace: namespace)
    }

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

    // MARK: - Namespaces that come back

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

    @Test func `policies that name one Secret share what is in it, and nothing is made anew while it stays`()
        async throws
    {
        let keys = KeyLedger()
        let registry = holding(keys: keys)
        secrets.addCA("custom-ca", in: "shop", try Authority.make(name: "one", at: TestClock.start))
        let source = AuthorityPlan.Source.secret(namespace: "shop", name: "custom-ca")
        let first = try await registry.authority(
            for: AuthorityPlan(name: "shop.a", source: source, namespace: "shop"))
        let reads = secrets.contents.withLock { $0.reads }
        let second = try await registry.authority(
            for: AuthorityPlan(name: "shop.b", source: source, namespace: "shop"))
        #expect(second.issuer === first.issuer && second.name == "shop.b" && first.name == "shop.a")
        #expect(secrets.contents.withLock { $0.reads } == reads && keys.reserved == 1)
        time.advance(by: .seconds(31))
        let again = try await registry.authority(
            for: AuthorityPlan(name: "shop.a", source: source, namespace: "shop"))
        #expect(again.issuer === first.issuer && secrets.contents.withLock { $0.reads } == reads + 1)
    }

    @Test func `what agents would refuse is refused before it signs`() async throws {
        let ca = try Authority.make(name: "ca", at: TestClock.start)
        let (root, key) = try CertificateIssuer.selfSigned(
            commonName: "root", algorithm: .ecdsaP256, notBefore: TestClock.start - 60,
            notAfter: TestClock.start + 86_400)
        var upper = try CertificateIssuer(certificate: root, key: key)
        var lowest: (certificate: Certificate, key: PrivateKey) = (root, key)
        var middle = ""
        for depth in 0...AuthorityChain.mostIntermediates {
            let key = try PrivateKey.generate(.ecdsaP256)
            let certificate = try upper.issueAuthority(
                commonName: "\(depth)", for: key.publicKey, notBefore: TestClock.start - 60,
                notAfter: TestClock.start + 86_400)
            if depth > 0 { middle = lowest.certificate.pem + middle }
            lowest = (certificate, key)
            upper = try CertificateIssuer(certificate: certificate, key: key)
        }
        let roots = try (0..<AuthorityChain.mostRoots).map {
            try Authority.make(name: "r\($0)", at: TestClock.start).certificate.pem
        }.joined()
        for (made, beside, text) in [
            (ca, roots, "51 root certificates; agents take 50"),
            (lowest, middle + root.pem, "10 intermediate certificates; agents take 9"),
        ] {
            secrets.addCA("custom-ca", in: "shop", made, beside: beside)
            let found = try #require(await failure(try registry(), user()))
            #expect(found.reason == "TooLarge" && found.description.contains(text), "\(found)")
        }
    }

    @Test func `it signs no longer than what stands above it lasts, by the path that lasts longest`()
        async throws
    {
        let now = TestClock.start
        let long = try CertificateIssuer.selfSigned(
            commonName: "root", algorithm: .ecdsaP256, notBefore: now - 60, notAfter: now + 86_400)
        let root = try CertificateIssuer(certificate: long.certificate, key: long.key)
        // The same root in a certificate that ends before what it signed.
        let short = try root.issueAuthority(
            commonName: "root", for: long.key.publicKey, notBefore: now - 60, notAfter: now + 7200)
        let (key, lower) = (try PrivateKey.generate(.ecdsaP256), try PrivateKey.generate(.ecdsaP256))
        let middle = try root.issueAuthority(
            commonName: "middle", for: key.publicKey, notBefore: now - 60, notAfter: now + 43_200)
        let issuing = try CertificateIssuer(certificate: middle, key: key).issueAuthority(
            commonName: "issuing", for: lower.publicKey, notBefore: now - 60, notAfter: now + 43_200)
        #expect(AuthorityChain(issuing, above: [middle, long.certificate]).end == now + 43_200)
        #expect(AuthorityChain(issuing, above: [middle, short]).end == now + 7200)
        #expect(AuthorityChain(issuing, above: [short, middle, long.certificate]).end == now + 43_200)
        secrets.addCA("custom-ca", in: "shop", (issuing, lower), beside: middle.pem + short.pem)
        #expect(try await registry().authority(for: user()).end == now + 7200)
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
