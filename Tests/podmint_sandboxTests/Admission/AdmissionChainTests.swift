// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct AdmissionChainTests {
    private let pod: JSONValue = [
        "kind": "Pod", "apiVersion": "v1",
        "metadata": ["generateName": "p-", "annotations": ["podmint.dev/inject": "<true>"]],
        "spec": ["containers": [["name": "app", "image": "x:1"]]],
    ]

    private func create(_ cluster: Cluster, _ object: JSONValue) async throws -> Written {
        try await ObjectWriter(cluster: cluster).create(.fixture(.pods), object)
    }

    @Test func `a patch is applied, defaulted and given the account's token`() async throws {
        let hooks = FakeWebhooks { _, _ in
            FakeWebhooks.patch([
                [
                    "op": "add", "path": "/spec/initContainers",
                    "value": [["name": "side", "image": "y:1", "bogus": 1]],
                ]
            ])
        }
        let cluster = Cluster.fixture(hooks)
        try cluster.register(.mutatingWebhooks, "m", [:])
        let written = try await create(cluster, pod)
        let side = try #require(written.object.list("spec", "initContainers").first)
        #expect(side.text("terminationMessagePolicy") == "File")
        #expect(side.find("bogus") == nil)
        #expect(side.list("volumeMounts").first?.text("mountPath") == ServiceAccountAdmission.mountPath)
        #expect(written.object.name.hasPrefix("p-"))
    }

    @Test func `the review has the members an API server sends`() async throws {
        let hooks = FakeWebhooks { _, _ in ["allowed": true] }
        let cluster = Cluster.fixture(hooks)
        try cluster.register(.mutatingWebhooks, "m", [:])
        _ = try await create(cluster, pod)
        let text = String(decoding: try #require(hooks.bodies.first), as: UTF8.self)
        #expect(text.hasSuffix("}\n"))
        #expect(text.contains(#"\u003ctrue\u003e"#))
        let request = try #require(try JSONValue(parsing: Array(text.utf8)).find("request"))
        #expect(
            request.object?.map(\.key) == [
                "uid", "kind", "resource", "requestKind", "requestResource", "namespace", "operation",
                "userInfo",
                "object", "oldObject", "dryRun", "options",
            ])
        #expect(request.find("oldObject") == .null)
        #expect(request.find("object", "metadata", "name") == nil)
        #expect(request.find("object", "metadata", "uid") == nil)
        #expect(hooks.paths == ["/m?timeout=10s"])
    }

    @Test func `a webhook is asked again only when it wants to be and something changed after it`()
        async throws
    {
        let hooks = FakeWebhooks { path, request in
            guard path.hasPrefix("/b"), request.find("object", "metadata", "labels") == nil else {
                return ["allowed": true]
            }
            return FakeWebhooks.patch([["op": "add", "path": "/metadata/labels", "value": ["b": "1"]]])
        }
        let cluster = Cluster.fixture(hooks)
        try cluster.register(.mutatingWebhooks, "a", ["reinvocationPolicy": "IfNeeded"])
        try cluster.register(.mutatingWebhooks, "b", [:])
        try cluster.register(.mutatingWebhooks, "c", ["reinvocationPolicy": "IfNeeded"])
        _ = try await create(cluster, pod)
        #expect(hooks.paths.map { $0.prefix(2) } == ["/a", "/b", "/c", "/a"])
    }

    @Test func `a denial carries code, reason, causes and its name`() async throws {
        let hooks = FakeWebhooks { _, _ in
            [
                "allowed": false,
                "status": [
                    "code": 422, "reason": "Invalid", "message": "bad",
                    "details": [
                        "causes": [["field": "data[tls.key]", "reason": "KeyMismatch", "message": "m"]]
                    ],
                ],
            ]
        }
        let cluster = Cluster.fixture(hooks)
        try cluster.register(.validatingWebhooks, "v", [:])
        let error = await #expect(throws: APIError.self) { try await create(cluster, pod) }
        #expect(error?.code == 422)
        #expect(error?.message == "admission webhook \"x.podmint.dev\" denied the request: bad")
        #expect(error?.details["causes"]?.array?.count == 1)
        #expect(cluster.store.list(.pods).isEmpty)
    }

    @Test func `a denial without a status is a 400 without explanation`() async throws {
        let cluster = Cluster.fixture(FakeWebhooks { _, _ in ["allowed": false] })
        try cluster.register(.validatingWebhooks, "v", [:])
        let error = await #expect(throws: APIError.self) { try await create(cluster, pod) }
        #expect(error?.code == 400)
        #expect(
            error?.message == "admission webhook \"x.podmint.dev\" denied the request without explanation")
    }

    @Test(arguments: [("Ignore", true), ("Fail", false)])
    func `the failure policy decides about a webhook that is down`(policy: String, isAdmitted: Bool)
        async throws
    {
        let hooks = FakeWebhooks { _, _ throws(WebhookFailure) in throw WebhookFailure(why: "refused") }
        let cluster = Cluster.fixture(hooks)
        try cluster.register(.validatingWebhooks, "v", ["failurePolicy": .string(policy)])
        let written = try? await create(cluster, pod)
        #expect((written != nil) == isAdmitted)
    }

    static let bad: [JSONValue] = [
        ["allowed": true, "uid": "other"], ["allowed": true, "patch": "W10="],
        ["allowed": true, "patchType": "JSONPatch"],
        ["allowed": true, "patchType": "JSONPatch", "patch": ""],
        ["allowed": true, "patchType": "Merge", "patch": "W10="],
    ]

    @Test(arguments: bad) func `an answer out of form is a failure`(answer: JSONValue) async throws {
        let cluster = Cluster.fixture(FakeWebhooks { _, _ in answer })
        try cluster.register(.mutatingWebhooks, "m", ["reinvocationPolicy": "IfNeeded"])
        let error = await #expect(throws: APIError.self) { try await create(cluster, pod) }
        #expect(error?.code == 500)
    }

    @Test func `selectors and conditions keep a webhook out`() async throws {
        let hooks = FakeWebhooks { _, _ in ["allowed": false] }
        let cluster = Cluster.fixture(hooks)
        let out: [JSONValue] = [
            ["namespaceSelector": ["matchLabels": ["podmint.dev/injection": "enabled"]]],
            ["objectSelector": ["matchLabels": ["a": "b"]]],
            ["matchConditions": [["name": "x", "expression": "has(object.metadata.labels)"]]],
            [
                "rules": [
                    [
                        "apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"],
                        "resources": ["pods"],
                    ]
                ]
            ],
            [
                "rules": [
                    [
                        "apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"],
                        "resources": ["pods/status"],
                    ]
                ]
            ],
        ]
        for (index, entry) in out.enumerated() {
            try cluster.register(.validatingWebhooks, "v\(index)", entry)
        }
        _ = try await create(cluster, pod)
        #expect(hooks.paths.isEmpty)
    }

    @Test func `of a collection each object is reviewed by itself, and its review has no name`() async throws
    {
        let hooks = FakeWebhooks { _, request in
            let (name, said) = (request.find("oldObject")?.name ?? "", request.text("name") ?? "nothing")
            return ["allowed": true, "warnings": [.string("\(name) goes, named \(said)")]]
        }
        let cluster = Cluster.fixture(hooks)
        for name in ["a", "b"] {
            _ = try await ObjectWriter(cluster: cluster).create(
                .fixture(.secrets),
                ["kind": "Secret", "apiVersion": "v1", "metadata": ["name": .string(name)]])
        }
        try cluster.register(.validatingWebhooks, "v", [:])
        let deletion = Deletion(cluster: cluster)
        let (_, swept) = try await deletion.delete(.fixture(.secrets, "a"), options: [:], ofCollection: true)
        #expect(swept == ["a goes, named nothing"])
        let (_, deleted) = try await deletion.delete(.fixture(.secrets, "b"), options: [:])
        #expect(deleted == ["b goes, named b"])
    }

    @Test func `dry run reaches the webhook and stores nothing`() async throws {
        let hooks = FakeWebhooks { _, request in ["allowed": request.find("dryRun") ?? false] }
        let cluster = Cluster.fixture(hooks)
        try cluster.register(.validatingWebhooks, "v", [:])
        _ = try await ObjectWriter(cluster: cluster).create(.fixture(.pods, query: "dryRun=All"), pod)
        #expect(cluster.store.list(.pods).isEmpty)
    }
}
