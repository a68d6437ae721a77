// SPDX-License-Identifier: Apache-2.0
import Buffers
import Testing

@testable import HTTP

/// The outcome in one line, given the pieces and perhaps the connection's end.
private func parseResponse(_ pieces: [ArraySlice<UInt8>], _ method: HTTPMethod, closes: Bool) -> String {
    var parser = HTTP1ResponseParser(answering: method)
    let input = ByteBuffer(minimumCapacity: 64)
    var step = HTTP1ResponseParser.Step.needsMore
    do throws(HTTP1Refusal) {
        for piece in pieces {
            input.append(piece)
            step = try parser.advance(input)
            while step == .head { step = try parser.advance(input) }
        }
        if closes { step = try parser.endOfInput() }
    } catch {
        return "refused: \(error)"
    }
    guard step == .complete else { return "incomplete" }
    let body = String(decoding: parser.body.bytes, as: UTF8.self)
    return "\(parser.status) \(parser.fields.count) \(body) \(parser.keepsAlive) \(input.count)"
}

struct HTTP1ResponseParserTests {
    static let cases: [(String, HTTPMethod, closes: Bool, String)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", .get, false, "200 1 hi true 0"),
        ("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", .get, false, "200 1 hi true 0"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiX", .get, false, "200 1 hi true 1"),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", .get, false, "200 2  false 0"),
        ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", .get, false, "200 1 a false 0"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", .get, false,
            "200 1 hi true 0"
        ),
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end", .get, true, "200 0 until the end false 0"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nLink: y\r\n\r\nHTTP/1.1 201 C\r\nContent-Length: 0\r\n\r\n",
            .post, false, "201 1  true 0"
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", .head, false, "200 1  true 0"),
        ("HTTP/1.1 204 No Content\r\n\r\n", .delete, false, "204 0  true 0"),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", .get, false, "304 1  true 0"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", .get, true,
            "refused: the connection closed before the answer was whole"
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", .get, true,
            "refused: the connection closed before the answer was whole"
        ),
        ("", .get, true, "refused: the connection closed before the answer was whole"),
        ("HTTP/1.1 101 S\r\n\r\n", .get, false, "refused: a change of protocol that was not asked for"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n", .get, false,
            "refused: more than one content-length"
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", .get, false,
            "refused: both content-length and transfer-encoding"
        ),
        (
            "HTTP/2 200 OK\r\n\r\n", .get, false,
            "refused: an answer that does not begin with HTTP/1.1 and a status"
        ),
        (
            "HTTP/1.1 2000 OK\r\n\r\n", .get, false,
            "refused: an answer that does not begin with HTTP/1.1 and a status"
        ),
        (
            "HTTP/1.1 600 OK\r\n\r\n", .get, false,
            "refused: an answer that does not begin with HTTP/1.1 and a status"
        ),
        (
            String(repeating: "HTTP/1.1 102 P\r\n\r\n", count: 9), .get, false,
            "refused: too many interim answers"
        ),
    ]

    @Test(arguments: cases)
    func `reads answers, however the bytes are cut`(
        text: String, method: HTTPMethod, closes: Bool, wanted: String
    ) {
        let bytes = Array(text.utf8)
        #expect(parseResponse([bytes[...]], method, closes: closes) == wanted)
        // After a complete answer, further bytes stay where they are and are counted above.
        #expect(parseResponse(bytes.indices.map { bytes[$0...$0] }, method, closes: closes) == wanted)
        for cut in bytes.indices {
            #expect(
                parseResponse([bytes[..<cut], bytes[cut...]], method, closes: closes) == wanted,
                "cut at \(cut)")
        }
    }

    @Test func `lets a watcher empty the body as it comes`() throws {
        var limits = HTTPLimits()
        limits.bodyBytes = 8
        var parser = HTTP1ResponseParser(answering: .get, limits: limits)
        let input = ByteBuffer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        #expect(try parser.advance(input) == .head)
        for _ in 0..<20 {
            input.append("5\r\nevent\r\n".utf8)
            #expect(try parser.advance(input) == .needsMore)
            #expect(parser.body.bytes == Array("event".utf8))
            parser.body.removeAll()
        }
        input.append("0\r\n\r\n".utf8)
        #expect(try parser.advance(input) == .complete)
    }
}
