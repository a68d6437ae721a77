// SPDX-License-Identifier: Apache-2.0
import Buffers
import Testing

@testable import HTTP

struct HTTP1EncoderTests {
    private func text(_ body: (ByteBuffer) -> Void) -> String {
        let buffer = ByteBuffer(minimumCapacity: 64)
        body(buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    @Test(arguments: [
        (
            HTTPResponse(status: 200, fields: [("a", "b")], body: Array("hi".utf8)), HTTPMethod.get, true,
            "HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 2\r\n\r\nhi"
        ),
        (
            HTTPResponse(status: 404), .get, false,
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ),
        (
            HTTPResponse(status: 200, body: Array("hidden".utf8)), .head, true,
            "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n"
        ),
        (HTTPResponse(status: 204), .delete, true, "HTTP/1.1 204 No Content\r\n\r\n"),
        (
            HTTPResponse(status: 299, fields: [("x", "a\r\nset-cookie: b\u{0}")]), .get, true,
            "HTTP/1.1 299 Unknown\r\nx: a  set-cookie: b \r\ncontent-length: 0\r\n\r\n"
        ),
    ])
    func `writes answers`(response: HTTPResponse, method: HTTPMethod, keepsAlive: Bool, wanted: String) {
        #expect(
            text { HTTP1Encoder.append(response, answering: method, keepsAlive: keepsAlive, to: $0) }
                == wanted)
    }

    @Test func `writes chunks`() {
        let written = text {
            HTTP1Encoder.appendChunk(Array(repeating: 0x61, count: 17), to: $0)
            HTTP1Encoder.appendChunk([], to: $0)
            HTTP1Encoder.appendLastChunk(to: $0)
        }
        #expect(written == "11\r\naaaaaaaaaaaaaaaaa\r\n0\r\n\r\n")
    }

    @Test func `writes requests`() {
        let get = text {
            HTTP1Encoder.appendRequestHead(
                .get, path: "/a?b", host: "h", fields: [("c", "d")], bodyCount: 0, to: $0)
        }
        #expect(get == "GET /a?b HTTP/1.1\r\nhost: h\r\nc: d\r\n\r\n")
        let post = text {
            HTTP1Encoder.appendRequestHead(.post, path: "/", host: "h", fields: [], bodyCount: 0, to: $0)
        }
        #expect(post == "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n")
    }
}
