// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct TokenTests {
    private func pod(in cluster: Cluster, uid: String = "pod-uid") throws -> JSONValue {
        try cluster.store.create(
            .pods,
            [
                "kind": "Pod", "metadata": ["name": "p", "namespace": "default", "uid": .string(uid)],
                "spec": ["serviceAccountName": "default", "nodeName": "sandbox"],
            ])
    }

    private func token(_ cluster: Cluster, _ extra: JSONObject = JSONObject()) throws -> String {
        var request: JSONValue = ["spec": ["audiences": ["podmint.dev"], "expirationSeconds": 600]]
        for (key, value) in extra { request.put(value, "spec", key) }
        let answer = try TokenRequests(cluster: cluster).issue(
            request, namespace: "default", account: "default")
        return try #require(answer.text("status", "token"))
    }

    private func review(_ cluster: Cluster, _ token: String, audience: String = "podmint.dev") -> JSONValue {
        TokenRequests(cluster: cluster).review([
            "spec": ["token": .string(token), "audiences": [.string(audience)]]
        ])
    }

    private let bound: JSONObject = ["boundObjectRef": ["kind": "Pod", "name": "p", "uid": "pod-uid"]]

    @Test func `a bound token names its pod`() throws {
        let cluster = Cluster.fixture()
        _ = try pod(in: cluster)
        let status = review(cluster, try token(cluster, bound)).find("status")
        #expect(status?.flag("authenticated") == true)
        #expect(status?.text("user", "username") == "system:serviceaccount:default:default")
        let extra = status?.find("user", "extra")
        #expect(extra?.find("authentication.kubernetes.io/pod-name") == ["p"])
        #expect(extra?.find("authentication.kubernetes.io/pod-uid") == ["pod-uid"])
        #expect(extra?.find("authentication.kubernetes.io/node-name") == ["sandbox"])
    }

    @Test func `another audience, another pod's end and an unknown token are not authenticated`() throws {
        let cluster = Cluster.fixture()
        _ = try pod(in: cluster)
        let token = try token(cluster, bound)
        let wrong = review(cluster, token, audience: "other")
        #expect(wrong.find("status", "authenticated") == nil)
        #expect(wrong.text("status", "error")?.contains("is invalid for the target audiences") == true)
        cluster.store.remove(.pods, ObjectKey(namespace: "default", name: "p"))
        #expect(review(cluster, token).find("status", "authenticated") == nil)
        #expect(review(cluster, "abc").text("status", "error") == "invalid bearer token")
    }

    @Test func `a token ends with its pod, also when another takes its name`() throws {
        let cluster = Cluster.fixture()
        _ = try pod(in: cluster)
        let token = try token(cluster, bound)
        cluster.store.remove(.pods, ObjectKey(namespace: "default", name: "p"))
        _ = try pod(in: cluster, uid: "uid-of-the-next")
        #expect(review(cluster, token).find("status", "authenticated") == nil)
    }

    @Test func `a token for another UID or too short a life is refused`() throws {
        let cluster = Cluster.fixture()
        _ = try pod(in: cluster)
        #expect(throws: APIError.self) {
            try token(cluster, ["boundObjectRef": ["kind": "Pod", "name": "p", "uid": "other"]])
        }
        #expect(throws: APIError.self) { try token(cluster, ["expirationSeconds": 10]) }
    }

    @Test func `an expired token is not authenticated`() throws {
        let cluster = Cluster.fixture()
        let token = try token(cluster)
        #expect(review(cluster, token).flag("status", "authenticated"))
        try cluster.faults.change(["clockSkewSeconds": 601])
        #expect(review(cluster, token).find("status", "authenticated") == nil)
    }
}
