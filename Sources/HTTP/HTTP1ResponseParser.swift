// SPDX-License-Identifier: Apache-2.0
package import Buffers

/// One response out of a stream of bytes, for a client that knows which method it sent; strict. RFC 9112
///
/// `body` collects what has come: a caller that streams empties it after each step. 1xx answers are skipped.
package struct HTTP1ResponseParser {
    package enum Step: Equatable, Sendable {
        case needsMore
        /// `status` and `fields` stand; the body is still to come (more steps follow at once if bytes are there).
        case head
        case complete
    }

    package private(set) var status = 0
    package private(set) var fields = HTTPFields()
    package let body = ByteBuffer(minimumCapacity: 1024)
    /// Whether another request may follow on this connection once this response is complete.
    package private(set) var keepsAlive = false

    package init(answering method: HTTPMethod, limits: HTTPLimits = HTTPLimits()) {}

    /// Uses up bytes of `input`, dropping what it used.
    package mutating func advance(_ input: ByteBuffer) throws(HTTP1Refusal) -> Step { .needsMore }

    /// The peer closed: `complete` if the response ends there (no length was given), else a refusal.
    package mutating func endOfInput() throws(HTTP1Refusal) -> Step { throw HTTP1Refusal("the connection closed within an answer") }
}
