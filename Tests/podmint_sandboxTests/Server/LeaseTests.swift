// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import Testing

@testable import podmint_sandbox

/// Leases as kube-apiserver v1.36 treats them.
struct LeaseTests {
    private let cluster = Cluster.fixture()
    private static let path = "/apis/coordination.k8s.io/v1/namespaces/default/leases"

    private func send(
        _ method: String, _ name: String, _ body: JSONValue, as user: String = ""
    ) async -> (code: Int, body: JSONValue) {
        var request = IncomingRequest(
            method: method, path: name.isEmpty ? Self.path : "\(Self.path)/\(name)", body: body.serialized())
        request.contentType = "application/json"
        request.authorization = "Bearer \(cluster.tokens.issueAdmin())"
        request.impersonatedUser = user
        let answer = await APIHandler(cluster: cluster, podLogs: NoPodLogs()).answer(request).response
        return (answer.status, (try? JSONValue(parsing: answer.body)) ?? .null)
    }

    private func lease(_ name: String, version: String? = nil, _ spec: JSONValue) -> JSONValue {
        var lease: JSONValue = ["metadata": ["name": .string(name)], "spec": spec]
        if let version { lease.put(.string(version), "metadata", "resourceVersion") }
        return lease
    }

    @Test func `a duration of nothing and a negative count are refused together`() async {
        let answer = await send("POST", "", lease("x", ["leaseDurationSeconds": 0, "leaseTransitions": -1]))
        #expect(answer.code == 422)
        #expect(
            answer.body.text("message")
                == "Lease.coordination.k8s.io \"x\" is invalid: [spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0, spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0]"
        )
    }

    @Test(arguments: [
        ("2026-01-01T00:00:00Z", "Z", ".000000"), ("2026-01-01T00:00:00.1Z", ".1Z", ".000000"),
        ("hello", "hello", "2006"),
    ])
    func `times have six digits`(time: String, rest: String, wanted: String) async {
        let answer = await send("POST", "", lease("x", ["renewTime": .string(time)]))
        #expect(answer.code == 400)
        #expect(
            answer.body.text("message")
                == "Lease in version \"v1\" cannot be handled as a Lease: parsing time \"\(time)\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"\(rest)\" as \"\(wanted)\""
        )
        let good = await send("POST", "", lease("x", ["renewTime": "2026-01-01T00:00:00.123456Z"]))
        #expect(good.code == 201)
    }

    @Test func `an update names its version, the newest`() async {
        let made = await send("POST", "", lease("x", ["holderIdentity": "a"])).body
        let blind = await send("PUT", "x", lease("x", ["holderIdentity": "b"]))
        #expect(blind.code == 422)
        #expect(
            blind.body.text("message")
                == "leases.coordination.k8s.io \"x\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update"
        )
        #expect(
            await send("PUT", "x", lease("x", version: made.resourceVersion, ["holderIdentity": "b"])).code
                == 200)
        #expect(
            await send("PUT", "x", lease("x", version: made.resourceVersion, ["holderIdentity": "c"])).code
                == 409)
    }

    @Test func `an update of what is not there makes it, for who may`() async {
        #expect(await send("PUT", "x", lease("x", version: "1", ["holderIdentity": "a"])).code == 201)
        _ = try? cluster.store.create(
            .roles,
            [
                "metadata": ["name": "u", "namespace": "default"],
                "rules": [
                    ["apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["update"]]
                ],
            ])
        _ = try? cluster.store.create(
            .roleBindings,
            [
                "metadata": ["name": "u", "namespace": "default"],
                "roleRef": ["kind": "Role", "name": "u"], "subjects": [["kind": "User", "name": "bob"]],
            ])
        let refused = await send("PUT", "podmint", lease("podmint", ["holderIdentity": "b"]), as: "bob")
        #expect(refused.code == 403)
        #expect(
            refused.body.text("message")
                == "leases.coordination.k8s.io \"podmint\" is forbidden: User \"bob\" cannot create resource \"leases\" in API group \"coordination.k8s.io\" in the namespace \"default\""
        )
    }
}
