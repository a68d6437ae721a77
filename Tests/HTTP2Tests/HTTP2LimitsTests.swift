// SPDX-License-Identifier: Apache-2.0
import Buffers
import HTTP
import Testing

@testable import HTTP2

/// A server's session against peers that mean it ill: DESIGN's limits, one attack each.
@Suite struct HTTP2LimitsTests {
    /// Feeds bytes in pieces of `step`, answering nothing; stops at an error, as a connection would.
    private func attack(
        _ bytes: [UInt8], step: Int = 16 * 1024, limits: HTTP2Limits = HTTP2Limits()
    ) throws -> (session: HTTP2Session, events: [HTTP2Event], frames: [Wire.Frame], error: HTTP2Error?) {
        let session = try HTTP2Session(role: .server, limits: limits)
        var events: [HTTP2Event] = []
        var sent: [UInt8] = []
        var failure: HTTP2Error?
        var rest = bytes[...]
        do throws(HTTP2Error) {
            while !rest.isEmpty, !session.isFinished {
                try session.receive(Array(rest.prefix(step)))
                rest = rest.dropFirst(step)
                while let event = session.nextEvent() { events.append(event) }
                let output = ByteBuffer()
                try session.drain(into: output, upTo: .max)
                sent += output.bytes
            }
        } catch {
            failure = error
            sent += (try? session.output()) ?? []
        }
        while let event = session.nextEvent() { events.append(event) }
        return (session, events, Wire.frames(sent), failure)
    }

    private var hello: [UInt8] { Wire.preface + Wire.emptySettings }

    @Test(arguments: [
        Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8), Array("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".utf8),
        [UInt8](repeating: 0, count: 64),
    ])
    func `refuses a bad preface`(bytes: [UInt8]) throws {
        let result = try attack(bytes, step: 1)
        #expect(result.error == .badPreface)
        #expect(result.events.isEmpty)
    }

    @Test func `ends a rapid reset`() throws {
        var bytes = hello
        for index in 0..<2000 {
            let id = UInt32(index * 2 + 1)
            bytes += Wire.headers(id, Wire.get) + Wire.frame(3, stream: id, Wire.number(8))
        }
        let result = try attack(bytes)
        #expect(result.frames.contains { $0.type == 7 })
        #expect(result.session.isFinished)
        #expect(result.events.filter { if case .request = $0 { true } else { false } }.count <= 600)
    }

    @Test func `ends a stream of resets that it is provoked into`() throws {
        var bytes = hello
        for index in 0..<400 {
            // A field that may not be there makes the message malformed, so the server resets.
            bytes += Wire.headers(UInt32(index * 2 + 1), Wire.get + [("connection", "close")])
        }
        let result = try attack(bytes, step: 512)
        #expect(result.frames.filter { $0.type == 3 }.count <= 130)
        #expect(result.frames.last { $0.type == 7 }?.code == 11)
        #expect(result.session.isFinished)
        #expect(!result.events.contains { if case .request = $0 { true } else { false } })
    }

    @Test func `ends a flood of CONTINUATION frames`() throws {
        var bytes = hello + Wire.frame(1, flags: 1, stream: 1, Wire.fields(Wire.get))
        for _ in 0..<200 { bytes += Wire.frame(9, stream: 1) }
        let result = try attack(bytes, step: 64)
        #expect(result.session.isFinished || result.error != nil)
        #expect(result.session.streamCount <= 1)
    }

    @Test func `ends a flood of settings that it cannot acknowledge`() throws {
        let session = try HTTP2Session(role: .server)
        #expect(throws: HTTP2Error.self) {
            try session.receive(hello)
            for _ in 0..<1000 { try session.receive(Wire.emptySettings) }
        }
    }

    @Test func `ends a flood of pings that it cannot answer`() throws {
        let session = try HTTP2Session(role: .server)
        #expect(throws: HTTP2Error.self) {
            try session.receive(hello)
            for _ in 0..<1000 { try session.receive(Wire.frame(6, [UInt8](repeating: 1, count: 8))) }
        }
    }

    @Test func `ends a flood of streams whose refusals nobody reads`() throws {
        // Until our SETTINGS are acknowledged, streams beyond our limit are refused one by one.
        let session = try HTTP2Session(role: .server)
        #expect(throws: HTTP2Error.flooded(reason: "it does not read what it makes us say")) {
            try session.receive(hello)
            for index in 0..<5000 {
                try session.receive(Wire.headers(UInt32(index * 2 + 1), Wire.get, end: false))
            }
        }
    }

    @Test func `holds no more of bodies than the owner spares, and nothing of those it has dropped`() throws {
        let session = try HTTP2Session(role: .server)
        session.bodyAllowance = 1000
        try session.receive(
            hello + Wire.headers(1, Wire.post, end: false)
                + Wire.data(1, [UInt8](repeating: 0, count: 900), end: false))
        #expect(session.bufferedBytes == 900 && session.oldestIncomplete == 1)
        try session.receive(
            Wire.headers(3, Wire.post, end: false) + Wire.data(3, [UInt8](repeating: 0, count: 101)))
        #expect(session.events() == [.refused(3, status: 503)])
        try session.receive(Wire.data(1, []))
        #expect(session.events().contains(.request(1)) && session.oldestIncomplete == nil)
        session.dropBody(of: 1)
        #expect(session.bufferedBytes == 0)
    }

    @Test func `refuses a SETTINGS frame of too many entries`() throws {
        let entries: [UInt8] = (0..<33).flatMap { index -> [UInt8] in [0, UInt8(100 + index), 0, 0, 0, 0] }
        let result = try attack(Wire.preface + Wire.frame(4, entries))
        #expect(result.error != nil || result.frames.contains { $0.type == 7 })
    }

    @Test(arguments: [UInt32(0), 1])
    func `a window update of nothing ends the connection or its stream`(stream: UInt32) throws {
        let result = try attack(
            hello + Wire.headers(1, Wire.post, end: false) + Wire.frame(8, stream: stream, Wire.number(0)),
            step: 1)
        #expect(result.frames.contains { $0.type == 7 || $0.type == 3 && $0.code == 1 })
        #expect(!result.events.contains(.request(1)))
    }

    @Test(arguments: [1, 9, 16 * 1024])
    func `answers 431 to a header list over the limit`(step: Int) throws {
        let long = Wire.get + (0..<20).map { ("x-field-\($0)", String(repeating: "a", count: 900)) }
        let block = Wire.fields(long)
        let bytes =
            hello + Wire.frame(1, flags: 1, stream: 1, Array(block.prefix(10_000)))
            + Wire.frame(9, flags: 4, stream: 1, Array(block.dropFirst(10_000))) + Wire.headers(3, Wire.get)
        let result = try attack(bytes, step: step)
        #expect(result.error == nil)
        #expect(result.events.contains(.refused(1, status: 431)))
        #expect(!result.events.contains(.request(1)))
        #expect(result.events.contains(.request(3)))
    }

    @Test func `answers 413 to a body that says it is too long, before it comes`() throws {
        var limits = HTTP2Limits()
        limits.bodyBytes = 1000
        let fields = Wire.post + [("content-length", "1001")]
        let result = try attack(hello + Wire.headers(1, fields, end: false), limits: limits)
        #expect(result.events.contains(.refused(1, status: 413)))
        // The rest is not wanted: RFC 9113 section 8.1.
        #expect(result.frames.last { $0.type == 3 }?.code == 0)
    }

    @Test func `answers 413 to a body that grows too long, and drops the rest`() throws {
        var limits = HTTP2Limits()
        limits.bodyBytes = 1000
        let bytes =
            hello + Wire.headers(1, Wire.post, end: false)
            + Wire.data(1, .init(repeating: 1, count: 600), end: false)
        let more = Wire.data(1, .init(repeating: 1, count: 600), end: false) + Wire.data(1, [1])
        let result = try attack(bytes + more, step: 100, limits: limits)
        #expect(result.events.contains(.refused(1, status: 413)))
        #expect(!result.events.contains(.request(1)))
        #expect(result.session.recorder.bufferedBytes == 0)
    }

    @Test func `answers 503 when the bodies of a connection are too many bytes together`() throws {
        var limits = HTTP2Limits()
        limits.bufferedBytes = 10_000
        var bytes = hello
        for id: UInt32 in [1, 3, 5] {
            bytes +=
                Wire.headers(id, Wire.post, end: false)
                + Wire.data(id, .init(repeating: 1, count: 4_000), end: false)
        }
        let result = try attack(bytes, limits: limits)
        #expect(result.events.contains(.refused(5, status: 503)))
        #expect(result.session.recorder.bufferedBytes == 8_000)
    }

    @Test(arguments: [
        [(":method", "GET"), (":scheme", "https"), (":authority", "a")],
        [(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "")],
        [(":method", "GET"), (":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/")],
        [(":status", "200"), (":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/")],
        [(":method", "GET"), (":scheme", "https"), (":authority", "a"), ("x", "y"), (":path", "/")],
        Wire.get + [("Upper", "case")], Wire.get + [("te", "gzip")],
        Wire.get + [("transfer-encoding", "chunked")],
        Wire.get + [("x", "a\nb")], Wire.get + [("content-length", "1"), ("content-length", "2")],
        Wire.get + [("content-length", "-1")], Wire.get + [("", "x")], Wire.get + [("content-length", "5")],
    ])
    func `resets a malformed request and lives on`(fields: [(String, String)]) throws {
        let result = try attack(hello + Wire.headers(1, fields) + Wire.headers(3, Wire.get), step: 3)
        #expect(!result.events.contains(.request(1)))
        #expect(result.frames.contains { $0.type == 3 && $0.stream == 1 && $0.code == 1 })
        #expect(result.events.contains(.request(3)))
    }

    @Test(arguments: ["3", "5"])
    func `resets a body that is not as long as it said`(length: String) throws {
        let fields = Wire.post + [("content-length", length)]
        let result = try attack(hello + Wire.headers(1, fields, end: false) + Wire.data(1, [1, 2, 3, 4]))
        #expect(!result.events.contains(.request(1)))
        #expect(result.frames.contains { $0.type == 3 && $0.stream == 1 })
    }

    @Test func `refuses streams over the limit`() throws {
        var bytes = hello
        for index in 0..<110 { bytes += Wire.headers(UInt32(index * 2 + 1), Wire.post, end: false) }
        let result = try attack(bytes)
        #expect(result.session.streamCount == 100)
        #expect(result.frames.filter { $0.type == 3 && $0.code == 7 }.count == 10)
    }

    @Test func `survives every truncation and every flipped byte of a request`() throws {
        let bytes = hello + Wire.headers(1, Wire.post, end: false) + Wire.data(1, [1, 2, 3])
        for index in bytes.indices {
            _ = try attack(Array(bytes.prefix(index)), step: 5)
            for bit in [UInt8(1), 16, 128] {
                var flipped = bytes
                flipped[index] ^= bit
                _ = try attack(flipped, step: 7)
            }
        }
    }
}
