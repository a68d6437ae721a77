// SPDX-License-Identifier: Apache-2.0
package import Buffers

/// One response out of a stream of bytes, for a client that knows which method it sent; strict. RFC 9112
///
/// `body` collects what has come: a caller that streams empties it after each step. Interim (1xx) responses are
/// skipped; a change of protocol is refused, since nobody here asks for one.
package struct HTTP1ResponseParser {
    package enum Step: Equatable, Sendable {
        case needsMore
        /// `status` and `fields` stand, the body is not complete.
        case head
        case complete
    }

    private enum State { case head, body, complete }

    package private(set) var status = 0
    package private(set) var fields = HTTPFields()
    package let body = ByteBuffer(minimumCapacity: 1024)
    /// Whether another request may follow on this connection once this response is complete.
    package private(set) var keepsAlive = false

    private let isHead: Bool
    private let limits: HTTPLimits
    private var state = State.head
    private var reader = HTTP1HeadReader()
    private var bodyReader = HTTP1BodyReader.none
    private var interimCount = 0
    /// A server sends one `100 Continue`, perhaps a few 102 or 103.
    private static let mostInterim = 8

    package init(answering method: HTTPMethod, limits: HTTPLimits = HTTPLimits()) {
        isHead = method == .head
        self.limits = limits
    }

    /// Uses up bytes of `input`, dropping what it used.
    package mutating func advance(_ input: ByteBuffer) throws(HTTP1Refusal) -> Step {
        if state == .complete { return .complete }
        var isNew = false
        while state == .head {
            let used = try unsafe input.withUnsafeBytes { bytes throws(HTTP1Refusal) in
                try unsafe readHead(bytes)
            }
            guard let used else { return .needsMore }
            input.removeFirst(used)
            isNew = state != .head
        }
        let used = try unsafe input.withUnsafeBytes { bytes throws(HTTP1Refusal) in
            try unsafe bodyReader.advance(bytes, into: body, limits)
        }
        input.removeFirst(used)
        guard bodyReader.isDone else { return isNew ? .head : .needsMore }
        state = .complete
        return .complete
    }

    /// The peer closed: `complete` if the response ends there (no length was given), else a refusal.
    package mutating func endOfInput() throws(HTTP1Refusal) -> Step {
        guard state == .complete || (state == .body && bodyReader.endsWithConnection) else {
            throw HTTP1Refusal("the connection closed before the answer was whole")
        }
        state = .complete
        return .complete
    }

    private mutating func readHead(_ bytes: UnsafeRawBufferPointer) throws(HTTP1Refusal) -> Int? {
        guard let count = try unsafe reader.advance(bytes, limits), let line = reader.startLine else {
            return nil
        }
        let head = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<count])
        let (status, isVersion10) = try unsafe Self.statusLine(UnsafeRawBufferPointer(rebasing: head[line]))
        if status < 200 {
            guard status != 101 else { throw HTTP1Refusal("a change of protocol that was not asked for") }
            interimCount += 1
            guard interimCount <= Self.mostInterim else { throw HTTP1Refusal("too many interim answers") }
            reader.reset()
            return count
        }
        let framing = try unsafe HTTP1Framing(reader.entries, head)
        self.status = status
        unsafe fields.take(block: head, entries: reader.entries)
        if isHead || status == 204 || status == 304 {
            bodyReader = .none
        } else if framing.isChunked {
            bodyReader = .chunked
        } else if let length = framing.contentLength {
            bodyReader = .length(length)
        } else {
            bodyReader = .untilClose
        }
        let isOpen = isVersion10 ? framing.wantsKeepAlive && !framing.wantsClose : !framing.wantsClose
        keepsAlive = isOpen && !bodyReader.endsWithConnection
        state = .body
        return count
    }

    /// `HTTP/1.1 200 OK`; the phrase may be empty, and its space may be missing.
    private static func statusLine(
        _ line: UnsafeRawBufferPointer
    ) throws(HTTP1Refusal) -> (status: Int, isVersion10: Bool) {
        guard line.count >= 12,
            unsafe HTTP1RequestLine.isExactly(UnsafeRawBufferPointer(rebasing: line[..<7]), "HTTP/1."),
            unsafe line[7] == UInt8(ascii: "1") || line[7] == UInt8(ascii: "0"),
            unsafe line[8] == ASCII.space,
            let hundreds = unsafe ASCII.digit(line[9]), let tens = unsafe ASCII.digit(line[10]),
            let ones = unsafe ASCII.digit(line[11]), (1...5).contains(hundreds),
            unsafe line.count == 12 || line[12] == ASCII.space,
            unsafe line.allSatisfy(ASCII.isFieldContent)
        else { throw HTTP1Refusal("an answer that does not begin with HTTP/1.1 and a status") }
        return (hundreds * 100 + tens * 10 + ones, unsafe line[7] == UInt8(ascii: "0"))
    }
}
