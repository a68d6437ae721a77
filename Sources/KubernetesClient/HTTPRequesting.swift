// SPDX-License-Identifier: Apache-2.0
package import HTTP

/// One request to the API server, still without credentials.
package struct APIRequest: Sendable {
    package var method: HTTPMethod
    /// Path and query, percent-encoded.
    package var target: String
    package var fields: [(String, String)] = []
    package var body: [UInt8] = []

    package init(_ method: HTTPMethod, _ target: String, fields: [(String, String)] = [], body: [UInt8] = [])
    {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
    }
}

/// An answer whose body comes piece by piece.
package struct APIStream: Sendable {
    package let status: Int
    package let retryAfter: String?
    /// The next piece of the body; nil at its end.
    package let next: @Sendable () async throws(RequestFailure) -> [UInt8]?
    /// Gives up the rest of the body; a waiting `next` then ends.
    package let cancel: @Sendable () -> Void

    package init(
        status: Int, retryAfter: String? = nil,
        next: @escaping @Sendable () async throws(RequestFailure) -> [UInt8]?,
        cancel: @escaping @Sendable () -> Void
    ) {
        self.status = status
        self.retryAfter = retryAfter
        self.next = next
        self.cancel = cancel
    }
}

/// Why there was no answer.
package enum RequestFailure: Error, Hashable, Sendable {
    case timedOut
    case unreachable(String)
}

/// What carries requests to the API server: the HTTP client, or a small server in a test.
package protocol HTTPRequesting: Sendable {
    func send(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> HTTPResponse
    /// The timeout is for the head of the answer; its body may go on.
    func open(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> APIStream
}
