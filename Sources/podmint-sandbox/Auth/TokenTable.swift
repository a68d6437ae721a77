// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import OpenSSL
internal import Synchronization

/// What a service account token stands for.
struct TokenClaims: Sendable, Equatable {
    struct Bound: Sendable, Equatable {
        var name: String
        var uid: String
    }

    var identity: Identity
    var namespace: String
    var account: String
    var accountUID: String
    var audiences: [String]
    var issuedAt: Int64
    var expires: Int64
    var pod: Bound?
    var node: Bound?
    var credential: String
}

/// The tokens that were given out, in memory: a token means nothing by itself, so it needs no signature.
///
/// They look like the JWTs they stand for, so that people can read them; the last part is random.
final class TokenTable: Sendable {
    private let claims = Mutex<[String: TokenClaims]>([:])
    static let issuer = "https://kubernetes.default.svc"
    static let defaultAudience = "https://kubernetes.default.svc"

    func issue(_ granted: TokenClaims) -> String {
        let header: JSONValue = ["alg": "none+memory", "typ": "JWT"]
        var kubernetes: JSONValue = [
            "namespace": .string(granted.namespace),
            "serviceaccount": ["name": .string(granted.account), "uid": .string(granted.accountUID)],
        ]
        if let pod = granted.pod {
            kubernetes.put(["name": .string(pod.name), "uid": .string(pod.uid)], "pod")
        }
        if let node = granted.node {
            kubernetes.put(["name": .string(node.name), "uid": .string(node.uid)], "node")
        }
        let payload: JSONValue = [
            "iss": .string(Self.issuer), "sub": .string(granted.identity.username),
            "aud": .texts(granted.audiences),
            "iat": .integer(granted.issuedAt), "exp": .integer(granted.expires),
            "jti": .string(granted.credential),
            "kubernetes.io": kubernetes,
        ]
        let parts = [header.serialized(), payload.serialized(), RandomBytes.make(32)].map(Self.base64URL)
        let token = parts.joined(separator: ".")
        claims.withLock { $0[token] = granted }
        return token
    }

    /// A token of fixed text, for the admin's kubeconfig.
    func issueAdmin() -> String {
        let token = Self.base64URL(RandomBytes.make(32))
        claims.withLock {
            $0[token] = TokenClaims(
                identity: .admin, namespace: "", account: "", accountUID: "",
                audiences: [Self.defaultAudience],
                issuedAt: 0, expires: .max, credential: "admin")
        }
        return token
    }

    func find(_ token: String) -> TokenClaims? { claims.withLock { $0[token] } }

    /// Drops what has expired; called now and then by whoever issues.
    func prune(before now: Int64) {
        claims.withLock { table in table = table.filter { $0.value.expires > now } }
    }

    private static func base64URL(_ bytes: [UInt8]) -> String {
        String(
            Base64.encode(bytes).compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=", "\n": nil
                default: character
                }
            })
    }
}
