// SPDX-License-Identifier: Apache-2.0
import Buffers
import Testing

@testable import HTTP

struct HTTP1RequestParserTests {
    static let accepted: [(String, [String])] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ["GET / - Host=a  true"]),
        (
            "POST /mutate/pods?timeout=5s HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
            ["POST /mutate/pods timeout=5s Host=a&Content-Length=3 abc true"]
        ),
        ("GET /? HTTP/1.1\r\nHost:a\r\n\r\n", ["GET /  Host=a  true"]),
        ("GET / HTTP/1.1\r\nHost:  a b \t \r\nX:\r\n\r\n", ["GET / - Host=a b&X=  true"]),
        ("GET / HTTP/1.0\r\n\r\n", ["GET / -   false"]),
        ("GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n", ["GET / - Connection=x, Keep-Alive  true"]),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: foo ,CLOSE\r\n\r\n",
            ["GET / - Host=a&Connection=foo ,CLOSE  false"]
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: v\r\n\r\n",
            ["POST / - Host=a&Transfer-Encoding=Chunked abc0123456789 true"]
        ),
        (
            "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxHEAD /b HTTP/1.1\r\nHost: b\r\n\r\n"
                + "POST /c HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ny\r\n0\r\n\r\nPATCH /d HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n",
            [
                "PUT /a - Host=a&Content-Length=1 x true", "HEAD /b - Host=b  true",
                "POST /c - Host=c&Transfer-Encoding=chunked y true",
                "PATCH /d - Host=d&Content-Length=0  true",
            ]
        ),
        (
            "DELETE //x/../%00y HTTP/1.1\r\nhOST: a\r\nX: \u{e4}\r\n\r\n",
            ["DELETE //x/../%00y - hOST=a&X=\u{e4}  true"]
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\nhi",
            ["POST / - Host=a&Expect=100-Continue&Content-Length=2 hi true"]
        ),
    ]

    @Test(arguments: accepted)
    func `takes requests, however the bytes are cut`(text: String, requests: [String]) {
        #expect(parseInEveryWay(text) == Outcome(requests: requests))
    }

    static let head = "POST / HTTP/1.1\r\nHost: a\r\n"
    static let refused: [(String, Int, String)] = [
        ("\r\nGET / HTTP/1.1\r\n", 400, "an empty line where a message should begin"),
        ("\u{16}\u{3}\u{1}", 400, "a request that does not begin with a method"),
        ("GET/ HTTP/1.1\r\n\r\n", 400, "a request that does not begin with a method"),
        ("G\u{0}T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a request that does not begin with a method"),
        ("get / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "a request method that is not served here"),
        ("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "a request method that is not served here"),
        (
            "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400,
            "a request target that is empty or holds a character it may not"
        ),
        (
            "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400,
            "a request line that does not end in a version of HTTP"
        ),
        (
            "GET /#f HTTP/1.1\r\nHost: a\r\n\r\n", 400,
            "a request target that is empty or holds a character it may not"
        ),
        (
            "GET /\u{7f} HTTP/1.1\r\nHost: a\r\n\r\n", 400,
            "a request target that is empty or holds a character it may not"
        ),
        (
            "GET /\u{e4} HTTP/1.1\r\nHost: a\r\n\r\n", 400,
            "a request target that is empty or holds a character it may not"
        ),
        (
            "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400,
            "a request target that is not a path: this is no proxy"
        ),
        (
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400,
            "a request target that is not a path: this is no proxy"
        ),
        ("GET /\r\nHost: a\r\n\r\n", 400, "a request target that is empty or holds a character it may not"),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "a version of HTTP other than 1.0 and 1.1"),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, "a version of HTTP other than 1.0 and 1.1"),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "a request line that does not end in a version of HTTP"),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", 400, "a request line that does not end in a version of HTTP"),
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "a line that ends in LF without CR"),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400, "a line that ends in LF without CR"),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "a line that ends in LF without CR"),
        ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400, "a control character in a header field's value"),
        ("GET / HTTP/1.1\r\nHost: a\u{0}\r\n\r\n", 400, "a control character in a header field's value"),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "white space in or after a header field's name"),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400, "a folded header line"),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "a folded header line"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400, "a header line without a colon"),
        ("GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400, "a header field without a name"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX(: x\r\n\r\n", 400,
            "a character that no header field's name may hold"
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\n\u{e4}: x\r\n\r\n", 400,
            "a character that no header field's name may hold"
        ),
        ("GET / HTTP/1.1\r\n\r\n", 400, "a request needs exactly one host field"),
        ("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400, "a request needs exactly one host field"),
        (
            head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
            "both content-length and transfer-encoding"
        ),
        (
            head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400,
            "both content-length and transfer-encoding"
        ),
        (head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400, "more than one content-length"),
        (head + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 400, "more than one content-length"),
        (head + "Content-Length: 3, 3\r\n\r\n", 400, "a content-length that is not a number"),
        (head + "Content-Length: +3\r\n\r\n", 400, "a content-length that is not a number"),
        (head + "Content-Length: -3\r\n\r\n", 400, "a content-length that is not a number"),
        (head + "Content-Length: 0x3\r\n\r\n", 400, "a content-length that is not a number"),
        (head + "Content-Length:\r\n\r\n", 400, "a content-length that is not a number"),
        (head + "Content-Length: 99999999999999999999\r\n\r\n", 413, "a content-length beyond reason"),
        (head + "Content-Length: 8388609\r\n\r\n", 413, "a body of more than 8388608 bytes"),
        (
            head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
            "more than one transfer-encoding"
        ),
        (head + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "a transfer-encoding other than chunked"),
        (head + "Transfer-Encoding: xchunked\r\n\r\n", 501, "a transfer-encoding other than chunked"),
        (head + "Transfer-Encoding: identity\r\n\r\n", 501, "a transfer-encoding other than chunked"),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "transfer-encoding in HTTP/1.0"),
        (head + "Expect: 200-ok\r\n\r\n", 417, "an expectation other than 100-continue"),
    ]

    @Test(arguments: refused)
    func `refuses what could be read in two ways, however the bytes are cut`(
        text: String, status: Int, reason: String
    ) {
        #expect(parseInEveryWay(text) == Outcome(refusal: HTTP1Refusal(status: status, reason)))
    }

    static let chunked = head + "Transfer-Encoding: chunked\r\n\r\n"
    static let badChunks: [(String, Int, String)] = [
        ("\r\n", 400, "a chunk size that is not a number"),
        ("g\r\n", 400, "a chunk size that is not a number"),
        ("0x1\r\n", 400, "a chunk size that is not a number"),
        (" 1\r\nx\r\n", 400, "a chunk size that is not a number"),
        ("1 \r\nx\r\n", 400, "a chunk size that is not a number"),
        ("1\nx\r\n", 400, "a line that ends in LF without CR"),
        ("1\r\nxy\r\n", 400, "a chunk longer than its size"),
        ("1\r\nx\n\r\n", 400, "a chunk longer than its size"),
        ("1\r\nx\ry", 400, "a chunk longer than its size"),
        ("1;a\u{0}\r\nx\r\n", 400, "a control character in a chunk extension"),
        ("1;a\rb\r\nx\r\n", 400, "a control character in a chunk extension"),
        ("800001\r\n", 413, "a body of more than 8388608 bytes"),
        ("FFFFFFFFFFFFFFFFF\r\n", 413, "a body of more than 8388608 bytes"),
        ("0\r\nX y: z\r\n\r\n", 400, "white space in or after a header field's name"),
        ("0\r\nX: z\n\r\n", 400, "a line that ends in LF without CR"),
        ("0\r\n\n", 400, "a line that ends in LF without CR"),
        ("1;" + String(repeating: "e", count: 300), 400, "a chunk header that is too long"),
        (
            String(repeating: "1;" + String(repeating: "e", count: 99) + "\r\nx\r\n", count: 11), 400,
            "too many chunk extensions"
        ),
        (
            "0\r\n" + String(repeating: "X: " + String(repeating: "e", count: 95) + "\r\n", count: 42), 431,
            "trailers that are too long"
        ),
    ]

    @Test(arguments: badChunks)
    func `refuses chunks that are not exact`(text: String, status: Int, reason: String) {
        #expect(
            parseInEveryWay(Self.chunked + text) == Outcome(refusal: HTTP1Refusal(status: status, reason)))
    }

    @Test func `bounds first line, header and field count`() {
        var limits = HTTPLimits()
        limits.headerBytes = 120
        limits.headerCount = 3
        let long = String(repeating: "a", count: 200)
        let fields = "Host: a\r\nA: b\r\nC: d\r\n"
        #expect(parseInEveryWay("GET /\(long)", limits: limits).refusal?.status == 414)
        #expect(
            parseInEveryWay("GET / HTTP/1.1\r\nX: \(long)\r\n\r\n", limits: limits).refusal?.status == 431)
        #expect(parseInEveryWay("GET / HTTP/1.1\r\n\(fields)\r\n", limits: limits).requests.count == 1)
        #expect(
            parseInEveryWay("GET / HTTP/1.1\r\n\(fields)E: f\r\n\r\n", limits: limits).refusal?.status == 431)
    }

    @Test func `bounds a chunked body over all its chunks`() {
        var limits = HTTPLimits()
        limits.bodyBytes = 10
        #expect(
            parseInEveryWay(Self.chunked + "5\r\nabcde\r\n5\r\nabcde\r\n0\r\n\r\n", limits: limits).requests
                .count == 1)
        #expect(
            parseInEveryWay(Self.chunked + "5\r\nabcde\r\n6\r\nabcdef\r\n", limits: limits).refusal?.status
                == 413)
    }

    @Test func `announces a head before its body, and takes body bytes read straight into place`() throws {
        var parser = HTTP1RequestParser()
        let input = ByteBuffer(
            "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nab".utf8)
        #expect(try parser.advance(input) == .head)
        #expect(parser.expectsContinue && parser.isWithinBody)
        parser.reclaim(input)
        #expect(input.isEmpty)
        #expect(parser.plainBodyBytes(input) == 3)
        parser.request.body.append("c".utf8)
        #expect(parser.tookBody(1) == false)
        parser.request.body.append("de".utf8)
        #expect(parser.tookBody(2) == true)
        #expect(parser.request.body.bytes == Array("abcde".utf8))
        input.append("GET /next HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        #expect(try parser.advance(input) == .complete)
        #expect(parser.request.path == "/next" && parser.request.body.isEmpty)
    }

    @Test func `survives mutated messages, and cuts never change what it makes of them`() {
        var random = SplitMix(state: 42)
        let seeds =
            Self.accepted.map { Array($0.0.utf8) } + Self.badChunks.map { Array((Self.chunked + $0.0).utf8) }
        let spice: [UInt8] = [0, 9, 10, 13, 32, 48, 58, 59, 127, 255]
        for _ in 0..<1000 {
            var bytes = seeds[Int(random.next() % UInt64(seeds.count))]
            for _ in 0...(random.next() % 4) {
                let place = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 4 {
                case 0: bytes[place] = spice[Int(random.next() % UInt64(spice.count))]
                case 1: bytes.insert(spice[Int(random.next() % UInt64(spice.count))], at: place)
                case 2: if bytes.count > 1 { bytes.remove(at: place) }
                default: bytes.insert(contentsOf: bytes[..<place].suffix(7), at: place)
                }
            }
            let whole = parseRequests([bytes[...]])
            let cut = Int(random.next() % UInt64(bytes.count + 1))
            #expect(parseRequests([bytes[..<cut], bytes[cut...]]) == whole, "\(bytes)")
            #expect(parseRequests(bytes.indices.map { bytes[$0...$0] }) == whole, "\(bytes)")
        }
    }
}

/// A small repeatable source of randomness.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
