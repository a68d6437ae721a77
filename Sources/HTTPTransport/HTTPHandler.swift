// SPDX-License-Identifier: Apache-2.0
package import HTTP

/// What a server does with a request.
package protocol HTTPHandler: Sendable {
    /// Called on the connection's reactor, so it must not block. The request is valid during the call only.
    func respond(to request: borrowing HTTPRequest) -> HTTPAnswer
}

/// An answer now, later, or bit by bit.
package enum HTTPAnswer: Sendable {
    case now(HTTPResponse)
    /// Runs as a task. If it misses the request's deadline (`?timeout=5s`, else the limits'), the peer gets a 504
    /// and the task is cancelled; so it is when the peer goes away. It does not run on the reactor.
    case later(@Sendable () async -> HTTPResponse)
    /// Sends the head (whose body must be empty) at once; the closure is called on the reactor and must not block.
    case stream(HTTPResponse, @Sendable (HTTPResponseWriter) -> Void)
}
