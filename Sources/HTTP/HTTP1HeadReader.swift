// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Cuts a message's header into start line and fields, line by line as bytes come, each byte looked at once.
/// Refuses what parsers disagree about: bare LF, folded lines, space before a colon, control characters.
/// RFC 9112 sections 2.2 and 5
struct HTTP1HeadReader {
    /// Offsets are from the first byte of the message.
    private(set) var startLine: Range<Int>?
    private(set) var entries: [HTTPFields.Entry] = []
    private var lineStart = 0
    private var searched = 0

    mutating func reset() {
        startLine = nil
        entries.removeAll(keepingCapacity: true)
        lineStart = 0
        searched = 0
    }

    /// The header's length once its empty line is there. `bytes` begin where the message begins, every time.
    mutating func advance(_ bytes: UnsafeRawBufferPointer, _ limits: HTTPLimits) throws(HTTP1Refusal) -> Int?
    {
        while true {
            guard let lineFeed = unsafe Self.lineFeed(in: bytes, from: searched) else {
                searched = bytes.count
                if bytes.count > limits.headerBytes { throw tooLong(limits) }
                return nil
            }
            searched = lineFeed + 1
            if searched > limits.headerBytes { throw tooLong(limits) }
            let line = try unsafe Self.lineRange(lineStart, lineFeed, bytes)
            lineStart = searched
            if startLine == nil {
                guard !line.isEmpty else { throw HTTP1Refusal("an empty line where a message should begin") }
                startLine = line
            } else if line.isEmpty {
                return searched
            } else {
                guard entries.count < limits.headerCount else {
                    throw HTTP1Refusal(status: 431, "more than \(limits.headerCount) header fields")
                }
                entries.append(try unsafe Self.field(line, bytes))
            }
        }
    }

    private func tooLong(_ limits: HTTPLimits) -> HTTP1Refusal {
        startLine == nil
            ? HTTP1Refusal(status: 414, "a first line of more than \(limits.headerBytes) bytes")
            : HTTP1Refusal(status: 431, "a header of more than \(limits.headerBytes) bytes")
    }
}

// Lines; the chunked coding's trailers are made of the same.
extension HTTP1HeadReader {
    static func lineFeed(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress else { return nil }
        guard let found = unsafe memchr(base + start, CInt(ASCII.lf), bytes.count - start) else { return nil }
        return unsafe UnsafeRawPointer(found) - base
    }

    /// The line without its CRLF.
    static func lineRange(
        _ start: Int, _ lineFeed: Int, _ bytes: UnsafeRawBufferPointer
    ) throws(HTTP1Refusal) -> Range<Int> {
        guard lineFeed > start, unsafe bytes[lineFeed - 1] == ASCII.cr else {
            throw HTTP1Refusal("a line that ends in LF without CR")
        }
        return start..<(lineFeed - 1)
    }

    static func field(_ line: Range<Int>, _ bytes: UnsafeRawBufferPointer) throws(HTTP1Refusal)
        -> HTTPFields.Entry
    {
        var colon = line.lowerBound
        while unsafe colon < line.upperBound && ASCII.isToken(bytes[colon]) { colon += 1 }
        guard colon < line.upperBound, unsafe bytes[colon] == ASCII.colon else {
            throw unsafe refusal(of: line, at: colon, bytes)
        }
        guard colon > line.lowerBound else { throw HTTP1Refusal("a header field without a name") }
        var start = colon + 1
        var end = line.upperBound
        while unsafe start < end && isBlank(bytes[start]) { start += 1 }
        while unsafe end > start && isBlank(bytes[end - 1]) { end -= 1 }
        for index in start..<end where unsafe !ASCII.isFieldContent(bytes[index]) {
            throw HTTP1Refusal("a control character in a header field's value")
        }
        return HTTPFields.Entry(
            nameStart: UInt32(line.lowerBound), nameCount: UInt32(colon - line.lowerBound),
            valueStart: UInt32(start), valueCount: UInt32(end - start))
    }

    private static func refusal(
        of line: Range<Int>, at position: Int, _ bytes: UnsafeRawBufferPointer
    ) -> HTTP1Refusal {
        guard position < line.upperBound else { return HTTP1Refusal("a header line without a colon") }
        guard unsafe isBlank(bytes[position]) else {
            return HTTP1Refusal("a character that no header field's name may hold")
        }
        return position == line.lowerBound
            ? HTTP1Refusal("a folded header line")
            : HTTP1Refusal("white space in or after a header field's name")
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == ASCII.space || byte == ASCII.tab }
}
