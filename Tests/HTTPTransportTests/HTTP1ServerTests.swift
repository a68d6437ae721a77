// SPDX-License-Identifier: Apache-2.0
import HTTP
import Sockets
import Synchronization
import Testing

@testable import HTTPTransport

struct HTTP1ServerTests {
    static func post(_ body: String, path: String = "/echo", more: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\n\(more)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static func ok(_ body: String, path: String = "/echo") -> String {
        "HTTP/1.1 200 OK\r\nx-path: \(path)\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func `answers requests one after the other on one connection`() async throws {
        try await withServer { server in
            let client = try RawClient(server)
            for number in 1...3 {
                try client.send(Self.post("body \(number)"))
                let answer = try await client.read { $0.hasSuffix("body \(number)") }
                #expect(withoutDate(answer) == Self.ok("body \(number)"))
                #expect(answer.contains("\r\ndate: "))
            }
            #expect(server.statistics.accepted == 1)
        }
    }

    @Test func `answers pipelined requests in order, also behind one answered later`() async throws {
        try await withServer { server in
            let client = try RawClient(server)
            try client.send(Self.post("1") + Self.post("", path: "/later") + Self.post("3"))
            let answer = try await client.read { $0.hasSuffix("3") }
            let later =
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 6\r\n\r\nlater\n"
            #expect(withoutDate(answer) == Self.ok("1") + later + Self.ok("3"))
        }
    }

    @Test func `closes after an answer when asked to, and speaks to HTTP 1.0`() async throws {
        try await withServer { server in
            let client = try RawClient(server)
            try client.send(Self.post("x", more: "Connection: close\r\n"))
            #expect(try await client.read().contains("\r\nconnection: close\r\n"))
            let old = try RawClient(server)
            try old.send("GET /a HTTP/1.0\r\n\r\n")
            #expect(try await old.read().contains("x-path: /a\r\n"))
        }
    }

    @Test(arguments: [
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "400 Bad Request", "both content-length and transfer-encoding"
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n", "413 Content Too Large",
            "a body of more than 8388608 bytes"
        ),
        ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request", "a request needs exactly one host field"),
        (
            "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "501 Not Implemented",
            "a request method that is not served here"
        ),
        ("\u{16}\u{3}\u{1}\u{2}", "400 Bad Request", "a request that does not begin with a method"),
    ])
    func `refuses with one exact answer and closes`(request: String, status: String, reason: String)
        async throws
    {
        try await withServer { server in
            let client = try RawClient(server)
            try client.send(request)
            #expect(
                withoutDate(try await client.read())
                    == "HTTP/1.1 \(status)\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: \(reason.utf8.count + 1)\r\nconnection: close\r\n\r\n\(reason)\n"
            )
        }
    }

    @Test func `lets a peer that still sends read the refusal`() async throws {
        try await withServer { server in
            let client = try RawClient(server)
            try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
            try client.send([UInt8](repeating: 0x61, count: 3_000_000))
            #expect(try await client.read().hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func `asks for the body where the peer expects it`() async throws {
        try await withServer { server in
            let client = try RawClient(server)
            try client.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try await client.read { $0.hasSuffix("\r\n\r\n") } == "HTTP/1.1 100 Continue\r\n\r\n")
            try client.send("hi")
            #expect(withoutDate(try await client.read { $0.hasSuffix("hi") }) == Self.ok("hi"))
        }
    }

    @Test func `takes a review of 2,8 MB and gives it back`() async throws {
        try await withServer { server in
            let client = try RawClient(server)
            let body = String(repeating: "0123456789abcdef", count: 175_000)
            try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
            try client.send(body)
            #expect(
                withoutDate(try await client.read { $0.utf8.count > 2_800_000 && $0.hasSuffix("def") })
                    == Self.ok(body))
            // The connection is good for more.
            try client.send(Self.post("next"))
            #expect(try await client.read { $0.hasSuffix("next") }.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func `turns away a slow header, a slow body and an idle peer`() async throws {
        var limits = HTTPLimits()
        limits.headerMilliseconds = 60
        limits.idleMilliseconds = 120
        try await withServer(limits: limits) { server in
            let slow = try RawClient(server)
            try slow.send("GET / HTTP/1.1\r\nHo")
            let body = try RawClient(server)
            try body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc")
            let idle = try RawClient(server)
            #expect(try await slow.read().hasPrefix("HTTP/1.1 408 "))
            #expect(try await body.read().hasSuffix("the body comes too slowly\n"))
            #expect(try await idle.read() == "")
        }
    }

    @Test func `answers 504 when a later answer misses the request's timeout, and goes on`() async throws {
        try await withServer { server in
            let client = try RawClient(server)
            try client.send("GET /never?timeout=50ms HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(
                try await client.read { $0.hasSuffix("time\n") }.hasPrefix("HTTP/1.1 504 Gateway Timeout\r\n")
            )
            try client.send(Self.post("next"))
            #expect(try await client.read { $0.hasSuffix("next") }.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func `cancels a later answer when the peer leaves`() async throws {
        let (cancelled, continuation) = AsyncStream.makeStream(of: Void.self)
        let handler = ClosureHandler { _ in
            .later {
                try? await Task.sleep(for: .seconds(30))
                if Task.isCancelled { continuation.finish() }
                return .text(200, "")
            }
        }
        try await withServer(handler: handler) { server in
            do {
                let client = try RawClient(server)
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                while server.statistics.open == 0 { await Task.yield() }
            }
            for await _ in cancelled {}
        }
    }

    @Test func `refuses connections past the limits`() async throws {
        var limits = HTTPLimits()
        limits.connectionsPerPeer = 2
        try await withServer(limits: limits) { server in
            let first = try RawClient(server)
            let second = try RawClient(server)
            for client in [first, second] {
                try client.send(Self.post("a"))
                #expect(try await client.read { $0.hasSuffix("a") }.hasPrefix("HTTP/1.1 200"))
            }
            let third = try RawClient(server)
            #expect(try await third.read() == "")
            #expect(server.statistics.refused == 1)
        }
    }

    @Test func `streams what is written, in chunks, until it is finished`() async throws {
        let handler = ClosureHandler { _ in
            .stream(HTTPResponse(status: 200)) { writer in
                writer.write(Array("one".utf8))
                Task.detached {
                    writer.write(Array("three".utf8))
                    writer.finish()
                    writer.write(Array("never".utf8))
                }
            }
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(server)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(
                withoutDate(try await client.read { $0.hasSuffix("\r\n0\r\n\r\n") })
                    == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n5\r\nthree\r\n0\r\n\r\n"
            )
        }
    }

    @Test func `cuts off a stream whose peer does not read`() async throws {
        var limits = HTTPLimits()
        limits.streamBufferBytes = 100_000
        let (closed, continuation) = AsyncStream.makeStream(of: Void.self)
        let handler = ClosureHandler { _ in
            .stream(HTTPResponse(status: 200)) { writer in
                writer.onClose { continuation.finish() }
                Task.detached {
                    while writer.write([UInt8](repeating: 0x61, count: 10_000)) { await Task.yield() }
                }
            }
        }
        try await withServer(limits: limits, handler: handler) { server in
            let client = try RawClient(server)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            for await _ in closed {}
            withExtendedLifetime(client) {}
        }
    }

    @Test func `drops a peer that does not take its answer`() async throws {
        var limits = HTTPLimits()
        limits.writeMilliseconds = 60
        let handler = ClosureHandler { _ in
            .now(HTTPResponse(status: 200, body: [UInt8](repeating: 0, count: 20_000_000)))
        }
        try await withServer(limits: limits, handler: handler) { server in
            let client = try RawClient(server)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            while server.statistics.accepted == 0 || server.statistics.open > 0 {
                try await Task.sleep(for: .milliseconds(5))
            }
            withExtendedLifetime(client) {}
        }
    }

    @Test func `drains: asks to reconnect, finishes what runs, closes what is idle`() async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let started = Mutex(false)
        let handler = ClosureHandler { request in
            guard request.path == "/wait" else { return .now(.text(200, "now")) }
            started.withLock { $0 = true }
            return .later {
                for await _ in gate {}
                return .text(200, "done")
            }
        }
        let group = try ReactorGroup(count: 2)
        defer { group.stop() }
        let server = try HTTPServer(
            reactors: group, listen: [SocketAddress(ip: [127, 0, 0, 1], port: 0)], security: .plain,
            handler: handler)
        let busy = try RawClient(server)
        try busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
        let idle = try RawClient(server)
        try idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try await idle.read { $0.hasSuffix("now\n") }.contains("connection: close") == false)
        while !started.withLock({ $0 }) { await Task.yield() }

        async let ended: Void = server.shutdown(grace: .milliseconds(100), drain: .seconds(5))
        // Within the grace a newcomer is served, and asked to come back elsewhere.
        var answer = ""
        repeat {
            let late = try RawClient(server)
            try late.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = try await late.read { $0.hasSuffix("now\n") }
        } while !answer.contains("connection: close")
        #expect(try await idle.read() == "")
        opener.finish()
        #expect(try await busy.read { $0.hasSuffix("done\n") }.contains("connection: close"))
        await ended
        #expect(server.statistics.open == 0)
        #expect(throws: (any Error).self) { _ = try RawClient(server) }
    }
}
