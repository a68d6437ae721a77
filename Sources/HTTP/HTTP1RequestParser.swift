// SPDX-License-Identifier: Apache-2.0
package import Buffers

/// Requests out of a stream of bytes, one after the other; strict. RFC 9112
package struct HTTP1RequestParser {
    package enum Step: Equatable, Sendable {
        /// Every byte there is was used; come back with more.
        case needsMore
        /// The header is complete, the body is not: the moment for 413 and `100 Continue`.
        case head
        case complete
    }

    /// The request so far; whole at `complete`. Its fields and body are reused by the next one.
    package private(set) var request = HTTPRequest()
    /// Whether another request may follow on this connection after the present one.
    package private(set) var keepsAlive = false

    package init(limits: HTTPLimits = HTTPLimits()) {}

    /// Uses up bytes of `input`, dropping what it used.
    package mutating func advance(_ input: ByteBuffer) throws(HTTP1Refusal) -> Step { .needsMore }
}
