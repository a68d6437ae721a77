// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct RouteTests {
    static let cases: [(String, String)] = [
        ("/api/v1/pods", "pods///"), ("/api/v1/namespaces/n/pods/p/log", "pods/n/p/log"),
        ("/api/v1/namespaces", "namespaces///"), ("/api/v1/namespaces/n", "namespaces//n/"),
        ("/api/v1/namespaces/n/status", "namespaces//n/status"),
        ("/api/v1/namespaces/n/finalize", "namespaces//n/finalize"),
        ("/apis/apps/v1/namespaces/n/deployments/d/scale", "deployments/n/d/scale"),
        ("/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Ax", "clusterroles//system:x/"),
        ("/apis/apps/v1", "other"), ("/healthz", "other"),
    ]

    @Test(arguments: cases) func `takes a path apart`(path: String, wanted: String) throws {
        let found: String =
            switch try Route(path, registry: Registry()) {
            case .other: "other"
            case .resource(let resource, let namespace, let name, let subresource):
                "\(resource.plural)/\(namespace)/\(name)/\(subresource)"
            }
        #expect(found == wanted)
    }

    @Test(arguments: [
        "/api/v1/nope", "/apis/apps/v9/deployments", "/api/v1/namespaces/n/pods/p/exec",
        "/api/v1/namespaces/n/nodes/x",
    ])
    func `refuses what nobody serves`(path: String) {
        #expect(throws: APIError.self) { try Route(path, registry: Registry()) }
    }

    @Test func `a list comes in pages`() throws {
        let objects = (1...5).map { JSONValue.object(["metadata": ["name": .string("o\($0)")]]) }
        let first = try Page(Query("limit=2"), objects, 7)
        #expect(first.objects.map(\.name) == ["o1", "o2"])
        #expect(first.metadata.number("remainingItemCount") == 3)
        let token = try #require(first.metadata.text("continue"))
        let second = try Page(Query("limit=3&continue=\(token)"), objects, 9)
        #expect(second.objects.map(\.name) == ["o3", "o4", "o5"])
        #expect(second.metadata.find("continue") == nil)
        #expect(second.metadata.text("resourceVersion") == "7")
    }
}
