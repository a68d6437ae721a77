// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import KubernetesClient
import OpenSSL
import Synchronization
import Testing

@testable import Issuance

/// Secrets of one namespace, over the API's own paths and JSON.
final class SecretServer: HTTPRequesting {
    struct Contents {
        var secrets: [String: JSONValue] = [:]
        var creations = 0
        /// Runs before a creation is looked at: another replica is quicker.
        var beforeCreation: (@Sendable (inout [String: JSONValue]) -> Void)?
        var failure: Int?
        /// How creations are answered, while what is there can be read.
        var creationFailure: Int?
    }

    let contents = Mutex(Contents())
    static let folder = "/api/v1/namespaces/podmint-system/secrets"

    func send(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> HTTPResponse {
        contents.withLock { contents in
            if let failure = contents.failure { return Self.status(failure, "Forbidden") }
            switch request.method {
            case .get:
                let name = String(request.target.dropFirst(Self.folder.count + 1))
                guard let secret = contents.secrets[name] else { return Self.status(404, "NotFound") }
                return .json(200, secret.serialized())
            case .post:
                if let failure = contents.creationFailure { return Self.status(failure, "Invalid") }
                contents.creations += 1
                contents.beforeCreation?(&contents.secrets)
                guard let secret = try? JSONValue(parsing: request.body),
                    let name = secret["metadata"]?["name"]?.string
                else { return Self.status(400, "BadRequest") }
                guard contents.secrets[name] == nil else { return Self.status(409, "AlreadyExists") }
                contents.secrets[name] = secret
                return .json(201, secret.serialized())
            case .patch:
                let path = request.target.prefix { $0 != "?" }
                let name = String(path.dropFirst(Self.folder.count + 1))
                guard let patch = try? JSONValue(parsing: request.body), contents.secrets[name] != nil,
                    let annotations = patch["metadata"]?["annotations"]
                else { return Self.status(404, "NotFound") }
                contents.secrets[name]?["metadata"]?["annotations"] = annotations
                return .json(200, (contents.secrets[name] ?? [:]).serialized())
            default: return Self.status(405, "MethodNotAllowed")
            }
        }
    }

    func open(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> APIStream {
        throw .unreachable("no watches here")
    }

    private static func status(_ code: Int, _ reason: String) -> HTTPResponse {
        let body: JSONValue = [
            "kind": "Status", "code": .integer(Int64(code)), "reason": .string(reason), "message": "no",
        ]
        return .json(code, body.serialized())
    }
}

struct AuthoritySecretTests {
    let server = SecretServer()
    let secret: AuthoritySecret

    init() {
        let store = SecretAuthorityStore(client: APIClient(transport: server), namespace: "podmint-system")
        secret = AuthoritySecret(store: store, clock: TestClock().clock)
    }

    @Test func `is made once, and found ever after`() async throws {
        let made = try await secret.obtain()
        let found = try await secret.obtain()
        #expect(made.certificate == found.certificate)
        #expect(server.contents.withLock { $0.creations } == 1)
        let stored = try #require(server.contents.withLock { $0.secrets["podmint-ca-default"] })
        #expect(stored["metadata"]?["labels"]?["podmint.dev/authority"]?.string == "default")
        #expect(made.certificate.isCA && made.certificate.pathLength == 0)
        #expect(made.certificate.notAfter == TestClock.start + 365 * 86_400)
        let key = try PrivateKey.generate(.ecdsaP256)
        let leaf = try found.issuer.issue(
            LeafTemplate(
                names: [.dns("a.b.svc")], notBefore: TestClock.start, notAfter: TestClock.start + 60),
            for: key.publicKey)
        #expect(leaf.isSigned(by: made.certificate))
    }

    @Test func `is marked with its namespace, also one of before there were marks`() async throws {
        func mark(_ name: String) -> String? {
            server.contents.withLock {
                $0.secrets[name]?["metadata"]?["annotations"]?["podmint.dev/namespace-uid"]?.string
            }
        }
        let (shop, other) = (NamespaceMark(name: "shop", uid: "u-1"), NamespaceMark(name: "shop", uid: "u-2"))
        let marked = AuthorityDescription(name: "shop.web", secret: "podmint-ca-shop.web", lifetime: 86_400)
        let made = try await secret.obtain(marked, of: shop)
        #expect(mark("podmint-ca-shop.web") == "u-1")
        #expect(try await secret.obtain(marked, of: shop, former: made) === made)
        await #expect { try await secret.obtain(marked, of: other) } throws: {
            "\($0)".contains("a former namespace")
        }
        let old = AuthorityDescription(name: "shop.old", secret: "podmint-ca-shop.old", lifetime: 86_400)
        _ = try await secret.obtain(old)
        #expect(mark("podmint-ca-shop.old") == nil)
        _ = try await secret.obtain(old, of: shop)
        #expect(mark("podmint-ca-shop.old") == "u-1")
    }

    @Test func `whichever replica is first, all sign with the same`() async throws {
        let authorities = try await withThrowingTaskGroup(of: Authority.self) { group in
            for _ in 0..<16 { group.addTask { try await secret.obtain() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(authorities.map(\.certificate)).count == 1)
    }

    @Test func `the one that was quicker wins`() async throws {
        let first = try await AuthoritySecretTests().madeElsewhere()
        server.contents.withLock { contents in
            contents.beforeCreation = { $0["podmint-ca-default"] = first.secret }
        }
        let authority = try await secret.obtain()
        #expect(authority.certificate == first.certificate)
    }

    private func madeElsewhere() async throws -> (secret: JSONValue, certificate: Certificate) {
        let authority = try await secret.obtain()
        return (
            try #require(server.contents.withLock { $0.secrets["podmint-ca-default"] }), authority.certificate
        )
    }

    @Test func `a Secret of somebody else's is refused and left alone`() async throws {
        _ = try await secret.obtain()
        server.contents.withLock { $0.secrets["podmint-ca-default"]?["metadata"]?["labels"] = [:] }
        let before = server.contents.withLock { $0.secrets }
        await #expect { try await secret.obtain() } throws: { "\($0)".contains("was not made by podmint") }
        #expect(server.contents.withLock { $0.secrets } == before)
    }

    static let damages: [(String, @Sendable (inout JSONValue) -> Void)] = [
        ("ca.crt", { $0["data"]?["ca.crt"] = "bm8gUEVN" }),
        ("ca.crt", { $0["data"]?["ca.crt"] = nil }),
        ("ca.key", { $0["data"]?["ca.key"] = "bm8gUEVN" }),
        ("ca.key", { $0["data"]?["ca.key"] = nil }),
        ("ca.key", { $0["data"]?["ca.key"] = "%%%" }),
        (
            "not the one of",
            { secret in
                guard let key = try? PrivateKey.generate(.ecdsaP256) else { return }
                let pem = key.withPEM { Array($0) }
                secret["data"]?["ca.key"] = .string(Base64.encode(pem))
            }
        ),
    ]

    @Test(arguments: damages.indices) func `a damaged one is refused and left alone`(index: Int) async throws
    {
        let (expected, damage) = Self.damages[index]
        _ = try await secret.obtain()
        server.contents.withLock { contents in
            guard var stored = contents.secrets["podmint-ca-default"] else { return }
            damage(&stored)
            contents.secrets["podmint-ca-default"] = stored
        }
        let before = server.contents.withLock { $0.secrets }
        await #expect { try await secret.obtain() } throws: { error in
            "\(error)".contains("holds no usable authority") && "\(error)".contains(expected)
        }
        #expect(server.contents.withLock { $0.secrets } == before)
    }

    @Test func `without the right to read it says which right is missing`() async {
        server.contents.withLock { $0.failure = 403 }
        await #expect { try await secret.obtain() } throws: { error in
            (error as? AuthorityError)?.hint.contains("get and create on Secrets") == true
        }
    }
    @Test(arguments: [(400, true), (403, true), (422, true), (404, false), (429, false), (500, false)])
    func `who may not make it is refused, which is another thing than silence`(
        status: Int, isRefused: Bool
    ) async throws {
        server.contents.withLock { $0.creationFailure = status }
        await #expect { try await secret.obtain() } throws: { error in
            guard let error = error as? AuthorityError else { return false }
            return error.isTransient == !isRefused && error.sparesFormer
                && error.reason == (isRefused ? "AuthorityRefused" : "AuthorityUnreachable")
        }
        server.contents.withLock { $0.creationFailure = nil }
        _ = try await secret.obtain()
    }

    @Test func `the certificates of replicas are refused in the same words`() async {
        server.contents.withLock { $0.failure = 403 }
        let replicas = LiveReplicaCertificates(
            client: APIClient(transport: server), namespace: "podmint-system")
        for write in [false, true] {
            await #expect {
                if write {
                    try await replicas.write(["a.crt": ""], to: "podmint-ca-a.b")
                } else {
                    _ = try await replicas.entries(of: "podmint-ca-a.b")
                }
            } throws: {
                ($0 as? AuthorityError)?.reason == "AuthorityRefused"
            }
        }
    }
}
