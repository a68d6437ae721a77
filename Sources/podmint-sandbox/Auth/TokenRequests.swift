// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `serviceaccounts/NAME/token` and `tokenreviews`.
struct TokenRequests {
    let cluster: Cluster

    /// Ten minutes to 2^32 seconds, an hour by default, as the API server bounds them.
    static let shortest: Int64 = 600
    static let longest: Int64 = 1 << 32

    func issue(_ body: JSONValue, namespace: String, account name: String) throws(APIError) -> JSONValue {
        guard let account = cluster.store.object(.serviceAccounts, namespace, name) else {
            throw .notFound(.serviceAccounts, name)
        }
        let seconds = body.number("spec", "expirationSeconds") ?? 3600
        guard (Self.shortest...Self.longest).contains(seconds) else {
            throw .invalid(
                "TokenRequest", group: "authentication.k8s.io", "",
                [
                    .invalid(
                        "spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
                ])
        }
        var audiences = body.list("spec", "audiences").compactMap(\.string)
        if audiences.isEmpty { audiences = [TokenTable.defaultAudience] }
        var pod: TokenClaims.Bound?
        var node: TokenClaims.Bound?
        if let reference = body.find("spec", "boundObjectRef"), reference.text("kind") == "Pod" {
            let podName = reference.text("name") ?? ""
            guard let live = cluster.store.object(.pods, namespace, podName) else {
                throw .notFound(.pods, podName)
            }
            if let uid = reference.text("uid"), uid != live.uid {
                throw .conflict(
                    .pods, podName,
                    "the UID in the bound object reference (\(uid)) does not match the UID in record")
            }
            guard live.text("spec", "serviceAccountName") == name else {
                throw .badRequest(
                    "cannot bind token for serviceaccount \"\(name)\" to pod running with different serviceaccount name."
                )
            }
            pod = TokenClaims.Bound(name: podName, uid: live.uid)
            if let nodeName = live.text("spec", "nodeName") {
                let uid = cluster.store.object(.nodes, "", nodeName)?.uid ?? ""
                node = TokenClaims.Bound(name: nodeName, uid: uid)
            }
        }
        let now = cluster.now
        let claims = Self.claims(
            account, audiences, issued: now, expires: now + seconds, pod: pod, node: node,
            credential: cluster.surroundings.uuid())
        cluster.tokens.prune(before: now)
        var answer = body
        answer.put("TokenRequest", "kind")
        answer.put("authentication.k8s.io/v1", "apiVersion")
        answer.put(.string(name), "metadata", "name")
        answer.put(.string(namespace), "metadata", "namespace")
        answer.put(.string(Surroundings.text(now)), "metadata", "creationTimestamp")
        answer.put(.texts(audiences), "spec", "audiences")
        answer.put(.integer(seconds), "spec", "expirationSeconds")
        answer.put(.string(cluster.tokens.issue(claims)), "status", "token")
        answer.put(.string(Surroundings.text(claims.expires)), "status", "expirationTimestamp")
        return answer
    }

    static func claims(
        _ account: JSONValue, _ audiences: [String], issued: Int64, expires: Int64,
        pod: TokenClaims.Bound? = nil,
        node: TokenClaims.Bound? = nil, credential: String
    ) -> TokenClaims {
        var identity = Identity.serviceAccount(
            namespace: account.namespace, name: account.name, uid: account.uid)
        let prefix = "authentication.kubernetes.io/"
        identity.extra[prefix + "credential-id"] = ["JTI=\(credential)"]
        if let pod {
            identity.extra[prefix + "pod-name"] = [pod.name]
            identity.extra[prefix + "pod-uid"] = [pod.uid]
        }
        if let node {
            identity.extra[prefix + "node-name"] = [node.name]
            identity.extra[prefix + "node-uid"] = [node.uid]
        }
        return TokenClaims(
            identity: identity, namespace: account.namespace, account: account.name, accountUID: account.uid,
            audiences: audiences, issuedAt: issued, expires: expires, pod: pod, node: node,
            credential: credential)
    }

    func review(_ body: JSONValue) -> JSONValue {
        var answer = body
        answer.put("TokenReview", "kind")
        answer.put("authentication.k8s.io/v1", "apiVersion")
        let wanted = body.list("spec", "audiences").compactMap(\.string)
        let authenticator = TokenAuthenticator(store: cluster.store, tokens: cluster.tokens, now: cluster.now)
        let verdict = authenticator.judge(
            body.text("spec", "token") ?? "",
            audiences: wanted.isEmpty ? [TokenTable.defaultAudience] : wanted)
        switch verdict {
        case .valid(let identity, let audiences):
            answer.put(
                ["authenticated": true, "user": identity.userInfo, "audiences": .texts(audiences)], "status")
        case .invalid(let why):
            answer.put(["user": [:], "error": .string(why)], "status")
        }
        return answer
    }
}
