// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import KubernetesClient
import Synchronization
import Telemetry
import Testing

@testable import podmint

struct RequestMetricsTests {
    /// Answers each request with the next status; 0 is no answer.
    private final class Statuses: HTTPRequesting {
        private let rest: Mutex<[Int]>

        init(_ statuses: [Int]) { rest = Mutex(statuses) }

        private func next() throws(RequestFailure) -> Int {
            let status = rest.withLock { $0.isEmpty ? 0 : $0.removeFirst() }
            guard status > 0 else { throw .timedOut }
            return status
        }

        func send(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> HTTPResponse {
            HTTPResponse(status: try next(), body: Array("{}".utf8))
        }

        func open(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> APIStream {
            APIStream(
                status: try next(), next: { () throws(RequestFailure) in nil }, cancel: {})
        }
    }

    private func counted(_ registry: MetricsRegistry) -> [String] {
        registry.text().split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.hasSuffix(" 0") }
            .map { String($0.dropFirst("podmint_api_requests_total".count)) }
    }

    @Test func `counts each request by RBAC's verb and by how it was answered`() async throws {
        let registry = MetricsRegistry()
        let statuses = [200, 404, 201, 200, 409, 403, 0, 200, 500, 429, 422]
        let client = APIClient(transport: RequestMetrics(registry, counting: Statuses(statuses)))
        _ = try? await client.get(.pods, namespace: "ns", name: "a")
        _ = try? await client.get(.pods, namespace: "ns", name: "a")
        _ = try? await client.create(.events, namespace: "ns", [:])
        _ = try? await client.page(.pods, ObjectScope()) { _ in 0 }
        _ = try? await client.replace(.leases, namespace: "ns", name: "a", [:])
        _ = try? await client.patch(.configMaps, namespace: "ns", name: "a", .merge, [])
        _ = try? await client.delete(.pods, namespace: "ns", name: "a")
        for _ in 0..<4 { _ = try? await client.raw("/version") }
        #expect(
            Set(counted(registry)) == [
                #"{verb="get",result="ok"} 2"#, #"{verb="get",result="not-found"} 1"#,
                #"{verb="create",result="ok"} 1"#, #"{verb="list",result="ok"} 1"#,
                #"{verb="update",result="conflict"} 1"#, #"{verb="patch",result="forbidden"} 1"#,
                #"{verb="delete",result="no-answer"} 1"#, #"{verb="get",result="failed"} 1"#,
                #"{verb="get",result="throttled"} 1"#, #"{verb="get",result="refused"} 1"#,
            ])
    }

    @Test(arguments: [
        ("/api/v1/pods?watch=true&resourceVersion=7", RequestMetrics.Series.Verb.watch),
        ("/api/v1/pods?limit=250", .list), ("/api/v1/namespaces/ns/pods/a", .get),
    ])
    func `tells a watch from a list and a get`(target: String, verb: RequestMetrics.Series.Verb) {
        #expect(RequestMetrics.Series.Verb(APIRequest(.get, target)) == verb)
    }
}
