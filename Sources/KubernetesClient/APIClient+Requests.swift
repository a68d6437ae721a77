// SPDX-License-Identifier: Apache-2.0
internal import HTTP
package import JSON

// How a verb becomes a request and an answer becomes a value or an error: here and nowhere else.
extension APIClient {
    func value(
        _ method: HTTPMethod, _ target: String, body: [UInt8] = [], contentType: String = "application/json"
    ) async throws(KubernetesError) -> JSONValue {
        let body = try await answer(method, target, body: body, contentType: contentType)
        do { return try JSONValue(parsing: body) } catch {
            throw .malformed("\(method.rawValue) \(target): \(error)")
        }
    }

    /// What the server says it is, and what time it says it is (the `Date` field of its answer).
    package func version() async throws(KubernetesError) -> (version: JSONValue, date: String?) {
        let (response, _) = try await send(APIRequest(.get, "/version"))
        guard (200..<300).contains(response.status) else {
            throw KubernetesError(
                status: response.status, body: response.body, retryAfter: response["retry-after"])
        }
        do { return (try JSONValue(parsing: response.body), response["date"]) } catch {
            throw .malformed("GET /version: \(error)")
        }
    }

    func answer(
        _ method: HTTPMethod, _ target: String, body: [UInt8] = [], contentType: String = "application/json"
    ) async throws(KubernetesError) -> [UInt8] {
        let fields = body.isEmpty ? [] : [("content-type", contentType)]
        let request = APIRequest(method, target, fields: fields, body: body)
        var (response, token) = try await send(request)
        if response.status == 401, await self.token.replace(rejected: token) {
            (response, _) = try await send(request)
        }
        guard (200..<300).contains(response.status) else {
            throw KubernetesError(
                status: response.status, body: response.body, retryAfter: response["retry-after"])
        }
        return response.body
    }

    /// A watch from a resource version on. Its timeout is for the head of the answer.
    func watch(
        _ resource: APIResource, _ scope: ObjectScope, from version: String, seconds: Int
    ) async throws(KubernetesError) -> APIStream {
        let query = PercentEncoding.query([
            ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", version),
            ("timeoutSeconds", String(seconds)), ("labelSelector", scope.labelSelector),
            ("fieldSelector", scope.fieldSelector),
        ])
        let request = APIRequest(.get, resource.path(namespace: scope.namespace) + query)
        var (stream, token) = try await open(request)
        if stream.status == 401 {
            stream.cancel()
            if await self.token.replace(rejected: token) { (stream, token) = try await open(request) }
        }
        guard stream.status == 200 else { throw await Self.refusal(stream) }
        return stream
    }

    private func send(_ request: APIRequest) async throws(KubernetesError) -> (HTTPResponse, token: String?) {
        let (request, token) = try authorized(request)
        do {
            let answer = try await transport.send(request, timeout: timeout)
            presence.noteAnswer()
            return (answer, token)
        } catch {
            throw KubernetesError(error, "\(request.method.rawValue) \(request.target)")
        }
    }

    private func open(_ request: APIRequest) async throws(KubernetesError) -> (APIStream, token: String?) {
        let (request, token) = try authorized(request)
        do {
            let answer = try await transport.open(request, timeout: timeout)
            presence.noteAnswer()
            return (answer, token)
        } catch {
            throw KubernetesError(error, "\(request.method.rawValue) \(request.target)")
        }
    }

    private func authorized(_ request: APIRequest) throws(KubernetesError) -> (APIRequest, token: String?) {
        var request = request
        request.fields += [("accept", "application/json"), ("user-agent", userAgent)]
        let token = try token.current()
        if let token { request.fields.append(("authorization", "Bearer \(token)")) }
        return (request, token)
    }

    /// A refusal's body is a Status of some hundred bytes; what goes on beyond 64 kB is not one.
    private static func refusal(_ stream: APIStream) async -> KubernetesError {
        var body: [UInt8] = []
        while body.count < 64 * 1024, let piece = try? await stream.next() { body += piece }
        stream.cancel()
        return KubernetesError(status: stream.status, body: body, retryAfter: stream.retryAfter)
    }
}
