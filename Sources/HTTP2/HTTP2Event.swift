// SPDX-License-Identifier: Apache-2.0

/// What a session saw in the bytes it received, in order. Numbers name streams.
package enum HTTP2Event: Hashable, Sendable {
    /// Server: a whole request has come; `stream(_:)` has it, body included.
    case request(Int32)
    /// Server: a request over a limit, which the session has answered itself with this status.
    case refused(Int32, status: Int)
    /// Client: status and fields of the response are there.
    case response(Int32)
    /// Client: body bytes wait for `takeBody(of:)`; not repeated until they are taken.
    case data(Int32)
    /// Client: nothing more will come on this stream.
    case end(Int32)
    /// A streamed body has been sent as far as it was written: write more, or finish.
    case writable(Int32)
    /// The stream is over, with or without success. Its `HTTP2Stream` is valid until the next `nextEvent()`.
    case closed(Int32, HTTP2ErrorCode)
    /// The peer's SETTINGS came.
    case settings
    /// Our PING with this number was answered.
    case pong(UInt64)
    /// The peer takes no new streams; those above `last` it did not process.
    case goAway(last: Int32, HTTP2ErrorCode)
}
