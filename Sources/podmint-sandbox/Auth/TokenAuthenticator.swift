// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Says whom a token stands for now: not expired, its account (and pod) still the same object.
struct TokenAuthenticator {
    let store: Store
    let tokens: TokenTable
    let now: Int64

    enum Verdict {
        case valid(Identity, audiences: [String])
        case invalid(String)
    }

    /// A token is good for an audience list when one of them is its own.
    func judge(_ token: String, audiences wanted: [String]) -> Verdict {
        guard let claims = tokens.find(token) else { return .invalid("invalid bearer token") }
        guard claims.expires > now else {
            return .invalid("[invalid bearer token, service account token has expired]")
        }
        let shared = claims.audiences.filter(wanted.contains)
        guard !shared.isEmpty else {
            return .invalid(
                "[invalid bearer token, token audiences \(Self.go(claims.audiences)) is invalid for the target audiences "
                    + "\(Self.go(wanted))]")
        }
        guard !claims.account.isEmpty else { return .valid(claims.identity, audiences: shared) }
        guard let account = store.object(.serviceAccounts, claims.namespace, claims.account),
            account.uid == claims.accountUID
        else { return .invalid("[invalid bearer token, service account token has been invalidated]") }
        guard let pod = claims.pod else { return .valid(claims.identity, audiences: shared) }
        guard let live = store.object(.pods, claims.namespace, pod.name), live.uid == pod.uid else {
            return .invalid("[invalid bearer token, service account token has been invalidated]")
        }
        return .valid(claims.identity, audiences: shared)
    }

    private static func go(_ list: [String]) -> String {
        "[" + list.map { "\"\($0)\"" }.joined(separator: " ") + "]"
    }
}
