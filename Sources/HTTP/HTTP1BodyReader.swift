// SPDX-License-Identifier: Apache-2.0
internal import Buffers

/// Takes a body out of a stream of bytes, by its length, in chunks, or until the peer closes. RFC 9112 sections 6, 7
struct HTTP1BodyReader {
    private enum State: Equatable {
        case done
        case length(Int)
        case untilClose
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailers
    }

    private var state = State.done
    private var extensionBytes = 0
    private var trailerBytes = 0

    static let none = HTTP1BodyReader()
    static func length(_ count: Int) -> HTTP1BodyReader {
        HTTP1BodyReader(state: count == 0 ? .done : .length(count))
    }
    static let chunked = HTTP1BodyReader(state: .chunkSize)
    static let untilClose = HTTP1BodyReader(state: .untilClose)

    var isDone: Bool { state == .done }
    var endsWithConnection: Bool { state == .untilClose }

    /// How many of the next bytes are body and nothing else: they may be read straight into it.
    var plainBytes: Int {
        switch state {
        case .length(let left), .chunk(let left): left
        default: 0
        }
    }

    /// Notes that `count` bytes (at most `plainBytes`) went straight into the body.
    mutating func took(_ count: Int) {
        switch state {
        case .length(let left): state = left == count ? .done : .length(left - count)
        case .chunk(let left): state = left == count ? .chunkEnd : .chunk(left - count)
        default: precondition(count == 0, "no plain bytes were due")
        }
    }

    /// Moves what `bytes` hold of the body into `body`; how many bytes that used up.
    mutating func advance(
        _ bytes: UnsafeRawBufferPointer, into body: ByteBuffer, _ limits: HTTPLimits
    ) throws(HTTP1Refusal) -> Int {
        var used = 0
        while state != .done {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[used...])
            guard let step = try unsafe advanceOnce(rest, into: body, limits) else { break }
            used += step
        }
        return used
    }

    /// Nil when more bytes are needed to get any further.
    private mutating func advanceOnce(
        _ bytes: UnsafeRawBufferPointer, into body: ByteBuffer, _ limits: HTTPLimits
    ) throws(HTTP1Refusal) -> Int? {
        guard unsafe !bytes.isEmpty else { return nil }
        switch state {
        case .done: return nil
        case .length(let left), .chunk(let left):
            let part = unsafe UnsafeRawBufferPointer(rebasing: bytes.prefix(left))
            try unsafe append(part, to: body, limits)
            took(part.count)
            return part.count
        case .untilClose:
            try unsafe append(bytes, to: body, limits)
            return bytes.count
        case .chunkSize: return try unsafe readChunkSize(bytes, held: body.count, limits)
        case .chunkEnd: return try unsafe readChunkEnd(bytes)
        case .trailers: return try unsafe readTrailer(bytes, limits)
        }
    }

    private func append(
        _ bytes: UnsafeRawBufferPointer, to body: ByteBuffer, _ limits: HTTPLimits
    ) throws(HTTP1Refusal) {
        guard body.count + bytes.count <= limits.bodyBytes else { throw .tooLarge(limits) }
        unsafe body.append(copying: bytes)
    }
}

// Transfer-Encoding: chunked
extension HTTP1BodyReader {
    private mutating func readChunkSize(
        _ bytes: UnsafeRawBufferPointer, held: Int, _ limits: HTTPLimits
    ) throws(HTTP1Refusal) -> Int? {
        guard let lineFeed = unsafe HTTP1HeadReader.lineFeed(in: bytes, from: 0) else {
            if bytes.count > limits.chunkLineBytes { throw HTTP1Refusal("a chunk header that is too long") }
            return nil
        }
        guard lineFeed <= limits.chunkLineBytes else { throw HTTP1Refusal("a chunk header that is too long") }
        let line = try unsafe HTTP1HeadReader.lineRange(0, lineFeed, bytes)
        var position = 0
        var size = 0
        while position < line.upperBound, let digit = unsafe ASCII.hexDigit(bytes[position]) {
            size = size * 16 + digit
            // Before the next digit could overflow: whatever the body's limit, a chunk is under 4 GiB.
            guard size <= 0xFFFF_FFFF else { throw .tooLarge(limits) }
            position += 1
        }
        guard position > 0 else { throw HTTP1Refusal("a chunk size that is not a number") }
        if position < line.upperBound {
            guard unsafe bytes[position] == UInt8(ascii: ";") else {
                throw HTTP1Refusal("a chunk size that is not a number")
            }
            extensionBytes += line.upperBound - position
            guard extensionBytes <= limits.chunkExtensionBytes else {
                throw HTTP1Refusal("too many chunk extensions")
            }
            for index in position..<line.upperBound where unsafe !ASCII.isFieldContent(bytes[index]) {
                throw HTTP1Refusal("a control character in a chunk extension")
            }
        }
        guard held + size <= limits.bodyBytes else { throw .tooLarge(limits) }
        state = size == 0 ? .trailers : .chunk(size)
        return lineFeed + 1
    }

    private mutating func readChunkEnd(_ bytes: UnsafeRawBufferPointer) throws(HTTP1Refusal) -> Int? {
        guard unsafe bytes[0] == ASCII.cr else { throw HTTP1Refusal("a chunk longer than its size") }
        guard bytes.count > 1 else { return nil }
        guard unsafe bytes[1] == ASCII.lf else { throw HTTP1Refusal("a chunk longer than its size") }
        state = .chunkSize
        return 2
    }

    /// Trailer fields must be well formed; nobody reads them.
    private mutating func readTrailer(
        _ bytes: UnsafeRawBufferPointer, _ limits: HTTPLimits
    ) throws(HTTP1Refusal) -> Int? {
        let allowed = limits.trailerBytes - trailerBytes
        guard let lineFeed = unsafe HTTP1HeadReader.lineFeed(in: bytes, from: 0) else {
            if bytes.count > allowed { throw HTTP1Refusal(status: 431, "trailers that are too long") }
            return nil
        }
        guard lineFeed < allowed else { throw HTTP1Refusal(status: 431, "trailers that are too long") }
        let line = try unsafe HTTP1HeadReader.lineRange(0, lineFeed, bytes)
        if line.isEmpty { state = .done } else { _ = try unsafe HTTP1HeadReader.field(line, bytes) }
        trailerBytes += lineFeed + 1
        return lineFeed + 1
    }
}

extension HTTP1Refusal {
    static func tooLarge(_ limits: HTTPLimits) -> HTTP1Refusal {
        HTTP1Refusal(status: 413, "a body of more than \(limits.bodyBytes) bytes")
    }
}
