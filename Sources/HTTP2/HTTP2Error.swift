// SPDX-License-Identifier: Apache-2.0

/// The connection cannot go on. The owner sends what `drain` still gives and closes.
package enum HTTP2Error: Error, Hashable, CustomStringConvertible {
    /// The first bytes are not HTTP/2's (RFC 9113 section 3.4).
    case badPreface
    /// The peer asks for more work than it lets us answer: unread acknowledgements, frames without end.
    case flooded(reason: String)
    /// nghttp2 gave up: out of memory, or the session is over already.
    case failed(reason: String)
    /// No request can be sent on this connection any more (GOAWAY, or its stream numbers are used up).
    case exhausted

    package var description: String {
        switch self {
        case .badPreface: "the peer does not speak HTTP/2: its first bytes are not the connection preface"
        case .flooded(let reason): "the peer floods the HTTP/2 connection: \(reason)"
        case .failed(let reason): "the HTTP/2 session failed: \(reason)"
        case .exhausted: "the HTTP/2 connection takes no new requests"
        }
    }
}
