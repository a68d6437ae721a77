// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import Testing

@testable import KubernetesClient

@Suite struct APIClientTests {
    @Test func `asks for what the verbs say`() async throws {
        let server = FakeAPIServer(Array(repeating: .json(200, .object("a", 1)), count: 8))
        let client = APIClient(transport: server, token: .fixed("t0ken"), userAgent: "podmint/test")
        _ = try await client.get(.pods, namespace: "ns", name: "a")
        _ = try await client.create(.secrets, namespace: "ns", ["kind": "Secret"])
        _ = try await client.create(
            .serviceAccounts, namespace: "ns", name: "sa", subresource: "token", [:], dryRun: true)
        _ = try await client.replace(.leases, namespace: "ns", name: "podmint", [:])
        _ = try await client.patch(.namespaces, name: "n", .merge, Array("{}".utf8))
        _ = try await client.patch(
            .configMaps, namespace: "a/b", name: "n", .apply(force: true), Array("{}".utf8))
        try await client.delete(.pods, namespace: "ns", name: "a", uid: "u")
        _ = try await client.raw("/version")
        #expect(
            server.requests.map { "\($0.method.rawValue) \($0.target)" } == [
                "GET /api/v1/namespaces/ns/pods/a",
                "POST /api/v1/namespaces/ns/secrets?fieldManager=podmint",
                "POST /api/v1/namespaces/ns/serviceaccounts/sa/token?dryRun=All&fieldManager=podmint",
                "PUT /apis/coordination.k8s.io/v1/namespaces/ns/leases/podmint?fieldManager=podmint",
                "PATCH /api/v1/namespaces/n?fieldManager=podmint",
                "PATCH /api/v1/namespaces/a%2Fb/configmaps/n?fieldManager=podmint&force=true",
                "DELETE /api/v1/namespaces/ns/pods/a",
                "GET /version",
            ])
        let fields = server.requests.map { Dictionary($0.fields, uniquingKeysWith: { $1 }) }
        #expect(
            fields.allSatisfy { $0["authorization"] == "Bearer t0ken" && $0["user-agent"] == "podmint/test" })
        #expect(
            fields.map { $0["content-type"] } == [
                nil, "application/json", "application/json", "application/json",
                "application/merge-patch+json",
                "application/apply-patch+yaml", "application/json", nil,
            ])
        #expect(try JSONValue(parsing: server.requests[6].body).at("preconditions", "uid") == "u")
    }

    @Test func `lists page by page`() async throws {
        let server = FakeAPIServer([
            .json(200, .list(9, [.object("a", 1), .object("b", 2)], continuing: "more&")),
            .json(200, .list(9, [.object("c", 3)])),
        ])
        let scope = ObjectScope(namespace: "ns", labelSelector: "a=b,c!=d", fieldSelector: "x=y")
        let names = try await APIClient(transport: server).list(.pods, scope).map {
            $0.at("metadata", "name")?.string
        }
        #expect(names == ["a", "b", "c"])
        #expect(
            server.targets == [
                "/api/v1/namespaces/ns/pods?limit=250&labelSelector=a%3Db%2Cc%21%3Dd&fieldSelector=x%3Dy",
                "/api/v1/namespaces/ns/pods?limit=250&continue=more%26&labelSelector=a%3Db%2Cc%21%3Dd&fieldSelector=x%3Dy",
            ])
    }

    @Test func `finds nil where there is nothing`() async throws {
        let server = FakeAPIServer([
            .json(404, .status(404, "NotFound")), .json(403, .status(403, "Forbidden", "not you")),
        ])
        let client = APIClient(transport: server)
        #expect(try await client.find(.pods, namespace: "ns", name: "a") == nil)
        let error = await #expect(throws: KubernetesError.self) {
            try await client.find(.pods, namespace: "ns", name: "a")
        }
        #expect(error?.isForbidden == true)
        #expect("\(error!)" == "not you (403 Forbidden)")
    }

    @Test func `says what the server says`() async throws {
        let server = FakeAPIServer([
            .json(409, .status(409, "AlreadyExists")), .json(409, .status(409, "Conflict")),
            .json(429, .status(429, "TooManyRequests"), retryAfter: "7"), .text(503, "<html>\nno"),
            .text(200, "<html>"),
            .failure(.timedOut), .failure(.unreachable("no route")), .json(504, ["a": 1]),
            .json(500, ["kind": "Status", "message": "later", "details": ["retryAfterSeconds": 99999]]),
        ])
        let client = APIClient(transport: server)
        var errors: [KubernetesError] = []
        for _ in 0..<9 {
            do { _ = try await client.get(.pods, namespace: "ns", name: "a") } catch { errors.append(error) }
        }
        try #require(errors.count == 9)
        #expect(errors[0].isAlreadyExists && !errors[0].isConflict)
        #expect(errors[1].isConflict && !errors[1].isTransient)
        #expect(errors[2].retryAfter == .seconds(7) && errors[2].isTransient)
        #expect(errors[3] == .status(code: 503, reason: "", message: "<html>"))
        #expect(!errors[4].isTransient && errors[4].code == nil)
        #expect(errors[5] == .timedOut("GET /api/v1/namespaces/ns/pods/a") && errors[5].isTransient)
        #expect(errors[6] == .unreachable("no route"))
        #expect(errors[7].code == 504 && errors[7].reason == "")
        #expect(errors[8].retryAfter == .seconds(300))
    }

    @Test func `after a 401 it reads its token again, once`() async throws {
        let folder = try TemporaryFolder()
        folder.write("token", "old\n")
        let manual = ManualClock()
        let token = TokenSource.file(folder.path("token"), clock: manual.clock)
        let server = FakeAPIServer([
            .json(200, .object("a", 1)), .json(401, .status(401, "Unauthorized")),
            .json(200, .object("a", 1)),
            .json(401, .status(401, "Unauthorized")),
        ])
        let client = APIClient(transport: server, token: token)
        _ = try await client.get(.pods, namespace: "n", name: "a")
        folder.write("token", "new\n")
        _ = try await client.get(.pods, namespace: "n", name: "a")
        await #expect(throws: KubernetesError.self) { try await client.get(.pods, namespace: "n", name: "a") }
        #expect(
            server.requests.map { $0.fields.last?.1 } == [
                "Bearer old", "Bearer old", "Bearer new", "Bearer new",
            ])
    }
}
