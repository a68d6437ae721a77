// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import KubernetesAPI
import KubernetesClient
import Synchronization
import Testing

@testable import Issuance

struct LivePodAuthorityAPITests {
    /// Answers by path, and remembers what it was asked.
    final class Server: HTTPRequesting {
        let answers: [String: (Int, String)]
        let asked = Mutex<[APIRequest]>([])

        init(_ answers: [String: (Int, String)]) { self.answers = answers }

        func send(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> HTTPResponse {
            asked.withLock { $0.append(request) }
            let path = String(request.target.prefix { $0 != "?" })
            guard let (status, body) = answers[path] else { return HTTPResponse(status: 404) }
            return HTTPResponse(status: status, body: Array(body.utf8))
        }

        func open(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> APIStream {
            throw .unreachable("no watches here")
        }
    }

    private func api(_ answers: [String: (Int, String)]) -> (api: LivePodAuthorityAPI, server: Server) {
        let server = Server(answers)
        return (LivePodAuthorityAPI(client: APIClient(transport: server)), server)
    }

    @Test func `a token is reviewed with our audience and no other`() async throws {
        let (api, server) = api([
            "/apis/authentication.k8s.io/v1/tokenreviews": (
                201, #"{"status": {"authenticated": true, "audiences": ["podmint.dev"]}}"#
            )
        ])
        let review = try await api.review(token: "t.o.k", audience: "podmint.dev")
        #expect(review.isAuthenticated && review.audiences == ["podmint.dev"])
        let request = try #require(server.asked.withLock { $0.first })
        let question = try JSONValue(parsing: request.body)
        #expect(question["spec"] == ["token": "t.o.k", "audiences": ["podmint.dev"]])
        #expect(request.method == .post)
    }

    @Test func `a pod is read live, by name`() async throws {
        let (api, server) = api([
            "/api/v1/namespaces/shop/pods/web-0": (
                200, #"{"metadata": {"name": "web-0", "uid": "u"}, "spec": {}}"#
            )
        ])
        #expect(try await api.pod(named: "web-0", in: "shop")?.metadata.uid == "u")
        #expect(try await api.pod(named: "web-1", in: "shop") == nil)
        // A resource version would let the API server answer from its cache.
        #expect(server.asked.withLock { $0.map(\.target) }.allSatisfy { !$0.contains("resourceVersion") })
    }

    @Test func `an answer that is none is silence, not a no`() async throws {
        let (api, _) = api([
            "/api/v1/namespaces/shop/pods/web-0": (500, "boom"),
            "/api/v1/namespaces/shop/pods/web-1": (200, "[]"),
            "/apis/authentication.k8s.io/v1/tokenreviews": (
                403, #"{"kind": "Status", "reason": "Forbidden"}"#
            ),
        ])
        await #expect(throws: ClusterSilence.self) { try await api.pod(named: "web-0", in: "shop") }
        await #expect(throws: ClusterSilence.self) { try await api.pod(named: "web-1", in: "shop") }
        await #expect { try await api.review(token: "secret-token", audience: "a") } throws: {
            $0 is ClusterSilence && !"\($0)".contains("secret-token")
        }
    }

    @Test func `Services and namespaces are read where no cache is`() async throws {
        let (api, _) = api([
            "/api/v1/namespaces/shop/services": (
                200,
                #"""
                {"metadata": {"resourceVersion": "1"}, "items": [
                  {"metadata": {"name": "web", "namespace": "shop", "uid": "s"}, "spec": {"clusterIP": "None"}}]}
                """#
            ),
            "/api/v1/namespaces/shop": (
                200,
                #"{"metadata": {"name": "shop", "uid": "n", "labels": {"podmint.dev/injection": "enabled"}}}"#
            ),
        ])
        #expect(try await api.services(in: "shop").map(\.isHeadless) == [true])
        #expect(try await api.namespace(named: "shop")?.optIn == .enabled)
        #expect(try await api.namespace(named: "other") == nil)
    }

    @Test func `the index of Services follows its informer`() {
        let index = ServiceIndex()
        let web = Service(metadata: RecordMetadata(name: "web", namespace: "shop", uid: "s"))
        index.apply(.set(ObjectKey(namespace: "shop", name: "web"), web, previous: nil))
        #expect(index.services(in: "shop") == [web] && index.services(in: "other").isEmpty)
        index.apply(.removed(ObjectKey(namespace: "shop", name: "web"), web))
        #expect(index.services(in: "shop").isEmpty)
    }
}
