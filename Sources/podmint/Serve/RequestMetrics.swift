// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import KubernetesClient
internal import Telemetry

/// Counts what is asked of the API server and how it answered, on the way there.
struct RequestMetrics: HTTPRequesting {
    struct Series: MetricLabels {
        enum Verb: String, CaseIterable { case get, list, watch, create, update, patch, delete }
        enum Result: String, CaseIterable {
            case ok, forbidden, throttled
            case notFound = "not-found"
            case conflict
            case refused
            case failed
            case noAnswer = "no-answer"
        }

        let verb: Verb
        let result: Result

        static var allCases: [Series] {
            Verb.allCases.flatMap { verb in Result.allCases.map { Series(verb: verb, result: $0) } }
        }
        static var names: [String] { ["verb", "result"] }
        var values: [String] { [verb.rawValue, result.rawValue] }
    }

    private let transport: any HTTPRequesting
    private let requests: Counter<Series>

    init(_ registry: MetricsRegistry, counting transport: any HTTPRequesting) {
        self.transport = transport
        requests = registry.counter(
            "podmint_api_requests_total", help: "Requests to the Kubernetes API server, by how it answered.",
            by: Series.self)
    }

    func send(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> HTTPResponse {
        do throws(RequestFailure) {
            let response = try await transport.send(request, timeout: timeout)
            requests.increment(Series(verb: .init(request), result: .init(status: response.status)))
            return response
        } catch {
            requests.increment(Series(verb: .init(request), result: .noAnswer))
            throw error
        }
    }

    func open(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> APIStream {
        do throws(RequestFailure) {
            let stream = try await transport.open(request, timeout: timeout)
            requests.increment(Series(verb: .init(request), result: .init(status: stream.status)))
            return stream
        } catch {
            requests.increment(Series(verb: .init(request), result: .noAnswer))
            throw error
        }
    }
}

extension RequestMetrics.Series.Verb {
    /// As RBAC calls them. A GET with a query is a list: podmint asks for single objects without one.
    init(_ request: APIRequest) {
        let query = request.target.split(separator: "?", maxSplits: 1).dropFirst().first
        self =
            switch request.method {
            case .post: .create
            case .put: .update
            case .patch: .patch
            case .delete: .delete
            default: query == nil ? .get : query?.hasPrefix("watch=true") == true ? .watch : .list
            }
    }
}

extension RequestMetrics.Series.Result {
    init(status: Int) {
        self =
            switch status {
            case 200..<300: .ok
            case 401, 403: .forbidden
            case 404: .notFound
            case 409: .conflict
            case 429: .throttled
            case 500...: .failed
            default: .refused
            }
    }
}
