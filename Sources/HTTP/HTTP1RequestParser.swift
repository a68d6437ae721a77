// SPDX-License-Identifier: Apache-2.0
package import Buffers

/// Requests out of a stream of bytes, one after the other; strict, and without allocating once it is warm.
/// Takes origin-form targets only: no proxy stands here. RFC 9112
///
/// Bytes used stay in the input until `reclaim`, so that a row of small requests is not moved once for each.
package struct HTTP1RequestParser: ~Copyable {
    package enum Step: Equatable, Sendable {
        /// Every byte there is was used; come back with more.
        case needsMore
        /// The header is complete, the body is not: the moment for `100 Continue`.
        case head
        case complete
    }

    private enum State { case head, body, complete }

    /// The request so far; whole at `complete`. Its fields and body are reused by the next one.
    package private(set) var request = HTTPRequest()
    /// Whether another request may follow on this connection after the present one.
    package private(set) var keepsAlive = false
    /// A client of HTTP/1.0 knows no chunks.
    package private(set) var isVersion10 = false
    /// Whether the client waits for `100 Continue` before it sends the body.
    package private(set) var expectsContinue = false

    private let limits: HTTPLimits
    private var state = State.head
    private var reader = HTTP1HeadReader()
    private var body = HTTP1BodyReader.none
    /// Bytes of the input that belong to what is done.
    private var position = 0

    package init(limits: HTTPLimits = HTTPLimits(), peer: String? = nil) {
        self.limits = limits
        request.peer = peer
    }

    /// Whether part of a header has come: the header's deadline runs.
    package func isWithinHead(_ input: ByteBuffer) -> Bool { state == .head && input.count > position }
    package var isWithinBody: Bool { state == .body }
    /// Whether nothing of a next request has come.
    package func isIdle(_ input: ByteBuffer) -> Bool { state != .body && input.count == position }

    /// Parses on. After `complete`, the next call begins with the next request and empties `request.body`.
    package mutating func advance(_ input: ByteBuffer) throws(HTTP1Refusal) -> Step {
        if state == .complete { begin() }
        if state == .head {
            guard
                try unsafe input.withUnsafeBytes({ bytes throws(HTTP1Refusal) in try unsafe readHead(bytes) })
            else {
                return .needsMore
            }
            state = body.isDone ? .complete : .body
            guard state == .body else { return .complete }
            try advanceBody(input)
            return body.isDone ? .complete : .head
        }
        try advanceBody(input)
        return body.isDone ? .complete : .needsMore
    }

    /// Drops used bytes from the input; call it when no more can be parsed from what there is.
    package mutating func reclaim(_ input: ByteBuffer) {
        guard position > 0 else { return }
        if position == input.count { input.removeAll() } else { input.removeFirst(position) }
        position = 0
    }

    /// How many of the next bytes on the wire may be read straight into `request.body`; say so with `tookBody`.
    package func plainBodyBytes(_ input: ByteBuffer) -> Int {
        state == .body && input.count == position ? body.plainBytes : 0
    }

    /// False until the body is whole.
    package mutating func tookBody(_ count: Int) -> Bool {
        body.took(count)
        if body.isDone { state = .complete }
        return body.isDone
    }

    /// Wipes the body of a request that is answered or copied: a connection that rests must not hold it.
    package mutating func dropBody() {
        precondition(state == .complete, "the body is still being read")
        request.body.removeAll()
    }

    private mutating func begin() {
        request.body.removeAll()
        reader.reset()
        state = .head
    }

    private mutating func advanceBody(_ input: ByteBuffer) throws(HTTP1Refusal) {
        position += try unsafe input.withUnsafeBytes { bytes throws(HTTP1Refusal) in
            try unsafe body.advance(
                UnsafeRawBufferPointer(rebasing: bytes[position...]), into: request.body, limits)
        }
        if body.isDone { state = .complete }
    }

    private mutating func readHead(_ input: UnsafeRawBufferPointer) throws(HTTP1Refusal) -> Bool {
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: input[position...])
        // A TLS handshake or other noise is refused at once: it may never send a line's end.
        if bytes.count > 0, unsafe !ASCII.isToken(bytes[0]), unsafe bytes[0] != ASCII.cr {
            throw HTTP1Refusal("a request that does not begin with a method")
        }
        guard let count = try unsafe reader.advance(bytes, limits), let line = reader.startLine else {
            return false
        }
        let head = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<count])
        let start = try unsafe HTTP1RequestLine(UnsafeRawBufferPointer(rebasing: head[line]))
        let framing = try unsafe HTTP1Framing(reader.entries, head)
        try unsafe take(start, framing, head)
        position += count
        return true
    }

    private mutating func take(
        _ start: HTTP1RequestLine, _ framing: HTTP1Framing, _ head: UnsafeRawBufferPointer
    ) throws(HTTP1Refusal) {
        guard framing.hostCount == 1 || (framing.hostCount == 0 && start.isVersion10) else {
            throw HTTP1Refusal("a request needs exactly one host field")
        }
        guard !(framing.isChunked && start.isVersion10) else {
            throw HTTP1Refusal("transfer-encoding in HTTP/1.0")
        }
        if let length = framing.contentLength {
            guard length <= limits.bodyBytes else { throw .tooLarge(limits) }
            body = .length(length)
        } else {
            body = framing.isChunked ? .chunked : .none
        }
        keepsAlive = start.isVersion10 ? framing.wantsKeepAlive && !framing.wantsClose : !framing.wantsClose
        expectsContinue = framing.expectsContinue && !start.isVersion10
        isVersion10 = start.isVersion10
        request.method = start.method
        request.path = start.path
        request.query = start.query
        unsafe request.fields.take(block: head, entries: reader.entries)
    }
}
