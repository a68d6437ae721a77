// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct AccessRecordTests {
    private let cluster = Cluster.fixture()
    private let account = Identity.serviceAccount(namespace: "default", name: "sa", uid: "u")

    private func grant(_ verbs: JSONValue, names: JSONValue) throws {
        _ = try cluster.store.create(
            .clusterRoles,
            [
                "metadata": ["name": "r"],
                "rules": [
                    ["apiGroups": [""], "resources": ["configmaps"], "resourceNames": names, "verbs": verbs]
                ],
            ])
        _ = try cluster.store.create(
            .clusterRoleBindings,
            [
                "metadata": ["name": "b"], "roleRef": ["kind": "ClusterRole", "name": "r"],
                "subjects": [["kind": "ServiceAccount", "name": "sa", "namespace": "default"]],
            ])
    }

    private func ask(_ verb: Verb, _ name: String, as identity: Identity) throws(APIError) {
        var request = ResourceRequest.fixture(.configMaps, name)
        request.identity = identity
        try AccessControl(cluster: cluster).authorize(identity, verb, request)
    }

    private var uses: [String] {
        cluster.access.value.list("uses").map { use in
            "\(use.text("verb") ?? "") \(use.text("name") ?? "") \(use.flag("allowed")) ×\(use.number("count") ?? 0)"
        }.sorted()
    }

    @Test func `every question is on record with its answer, but not those of who needs no grant`() throws {
        try grant(["get"], names: ["mine"])
        try ask(.get, "mine", as: account)
        try ask(.get, "mine", as: account)
        #expect(throws: APIError.self) { try ask(.get, "yours", as: account) }
        try ask(.get, "yours", as: .admin)
        #expect(uses == ["get mine true ×2", "get yours false ×1"])
        cluster.access.clear()
        #expect(uses.isEmpty)
    }

    /// What a kube-apiserver 1.36 does: the name is known when an object is applied, so RBAC can hold the right to it.
    @Test func `the right to create can be held to a name, for objects that are applied`() throws {
        try grant(["create", "patch"], names: ["mine"])
        try ask(.create, "mine", as: account)
        #expect(throws: APIError.self) { try ask(.create, "yours", as: account) }
        #expect(throws: APIError.self) { try ask(.create, "", as: account) }
    }
}
