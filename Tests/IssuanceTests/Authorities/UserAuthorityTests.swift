// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesClient
import OpenSSL
import Policies
import Synchronization
import Testing

@testable import Issuance

/// CAs that a person made.
struct UserAuthorityTests: RegistryTesting {
    let secrets = InMemoryAuthorities()
    let time = TestClock()

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

    @Test func `a no to the read of a person's Secret is not taken for one about podmint's own`()
        async throws
    {
        for (status, reason) in [
            (400, "AuthorityUnreachable"), (422, "AuthorityUnreachable"), (500, "AuthorityUnreachable"),
            (403, "MissingRights"), (404, "MissingReference"),
        ] {
            let server = LivePodAuthorityAPITests.Server([
                "/api/v1/namespaces/shop/secrets/custom-ca": (status, #"{"kind": "Status"}"#)
            ])
            let users = LiveUserSecrets(client: APIClient(transport: server)) { _ in true }
            await #expect {
                _ = try await users.material(of: "custom-ca", in: "shop")
            } throws: {
                ($0 as? AuthorityError)?.reason == reason
            }
        }
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
