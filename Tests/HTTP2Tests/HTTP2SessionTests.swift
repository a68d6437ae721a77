// SPDX-License-Identifier: Apache-2.0
import Buffers
import HTTP
import Testing

@testable import HTTP2

@Suite struct HTTP2SessionTests {
    @Test(arguments: [1, 2, 3, 7, 64, Int.max])
    func `carries a request and its answer however the bytes are cut`(step: Int) throws {
        let pair = try Pair()
        let id = try pair.get("/mutate/pods?timeout=10s", method: "POST", body: Array("review".utf8))
        try pair.settle(step: step)

        #expect(pair.server.nextEvent() == .settings)
        #expect(pair.server.nextEvent() == .request(id))
        let request = try #require(pair.server.stream(id))
        #expect(request.method == "POST")
        #expect(request.scheme == "https")
        #expect(request.authority == "podmint")
        #expect(request.path == "/mutate/pods?timeout=10s")
        #expect(request.fields["accept"] == "text/plain")
        #expect(request.fields["connection"] == nil)
        #expect(request.body.bytes == Array("review".utf8))

        try pair.server.respond(to: id, status: 200, fields: [("X-Uid", "a\r\nb")], body: Array("patch".utf8))
        try pair.settle(step: step)
        #expect(pair.server.events() == [.closed(id, .noError)])
        #expect(pair.client.nextEvent() == .settings)
        #expect(pair.client.nextEvent() == .response(id))
        let response = try #require(pair.client.stream(id))
        #expect(response.status == 200)
        #expect(response.fields["content-length"] == "5")
        #expect(response.fields["x-uid"] == "a  b")
        #expect(pair.client.takeBody(of: id) == Array("patch".utf8))
        #expect(pair.client.events() == [.data(id), .end(id), .closed(id, .noError)])
        #expect(pair.client.stream(id) == nil)
        #expect(pair.server.streamCount == 0)
    }

    @Test func `answers HEAD and 204 without a body`() throws {
        let pair = try Pair()
        let head = try pair.get(method: "HEAD")
        let none = try pair.get(method: "DELETE")
        try pair.settle()
        try pair.server.respond(to: head, status: 200, fields: [], body: Array("12345".utf8))
        try pair.server.respond(to: none, status: 204, fields: [], body: [])
        try pair.settle()
        #expect(pair.client.stream(head)?.fields["content-length"] == "5")
        #expect(pair.client.stream(none)?.fields["content-length"] == nil)
        #expect(pair.client.events().filter { if case .data = $0 { true } else { false } }.isEmpty)
    }

    @Test func `a client's window opens only as bodies are taken`() throws {
        var limits = HTTP2Limits()
        limits.streamWindow = 65_535
        limits.connectionWindow = 65_535
        let pair = try Pair(client: limits)
        let id = try pair.get()
        try pair.settle()
        let body = (0..<1_000_000).map { UInt8($0 % 251) }
        try pair.server.respond(to: id, status: 200, fields: [], body: body)
        try pair.settle()
        #expect(pair.server.unsentBytes(on: id) == 1_000_000 - 65_535)

        var received = pair.client.takeBody(of: id)
        #expect(received.count == 65_535)
        while received.count < body.count {
            try pair.settle()
            let more = pair.client.takeBody(of: id)
            guard !more.isEmpty else { break }
            received += more
        }
        #expect(received == body)
        #expect(pair.client.events().last == .closed(id, .noError))
    }

    @Test func `a server takes a body larger than every window`() throws {
        let pair = try Pair()
        let body = (0..<2_000_000).map { UInt8($0 % 253) }
        let id = try pair.get(method: "POST", body: body)
        try pair.settle()
        #expect(pair.server.events() == [.request(id)])
        #expect(pair.server.stream(id)?.body.bytes == body)
    }

    @Test func `bytes left untaken on a stream that ended return to the connection's window`() throws {
        var limits = HTTP2Limits()
        limits.connectionWindow = 65_535
        let pair = try Pair(client: limits)
        for _ in 0..<20 {
            let id = try pair.get()
            try pair.settle()
            try pair.server.respond(
                to: id, status: 200, fields: [], body: [UInt8](repeating: 7, count: 30_000))
            try pair.settle()
            let events = pair.client.events()
            #expect(events.contains(.end(id)))
            _ = pair.server.events()
        }
    }

    @Test func `streams a body and says when there is room for more`() throws {
        let pair = try Pair()
        let id = try pair.get("/watch")
        try pair.settle()
        _ = pair.server.events()
        try pair.server.beginResponse(to: id, status: 200, fields: [("content-type", "application/json")])
        try pair.settle()
        #expect(pair.client.events() == [.response(id)])
        #expect(pair.client.stream(id)?.fields["content-length"] == nil)
        for line in ["one\n", "two\n"] {
            pair.server.write(Array(line.utf8), on: id)
            try pair.settle()
            #expect(pair.server.events() == [.writable(id)])
            #expect(pair.client.events() == [.data(id)])
            #expect(pair.client.takeBody(of: id) == Array(line.utf8))
        }
        pair.server.finish(id)
        try pair.settle()
        #expect(pair.client.events() == [.end(id), .closed(id, .noError)])
        #expect(pair.server.events() == [.closed(id, .noError)])
    }

    @Test func `a cancelled watch ends on the server, and later writes go nowhere`() throws {
        let pair = try Pair()
        let id = try pair.get("/watch")
        try pair.settle()
        _ = pair.server.events()
        try pair.server.beginResponse(to: id, status: 200, fields: [])
        pair.server.write([1], on: id)
        try pair.settle()
        pair.client.reset(id, .cancel)
        try pair.settle()
        #expect(pair.server.events() == [.writable(id), .closed(id, .cancel)])
        pair.server.write([2], on: id)
        try pair.server.respond(to: id, status: 500, fields: [], body: [])
        try pair.settle()
        #expect(pair.client.events().last == .closed(id, .cancel))
        #expect(pair.client.isFinished == false)
    }

    @Test func `answers a ping with its number`() throws {
        let pair = try Pair()
        pair.client.ping(0x0102_0304_0506_0708)
        try pair.settle()
        #expect(pair.client.events() == [.pong(0x0102_0304_0506_0708)])
    }

    @Test func `GOAWAY lets open streams end, then both are finished`() throws {
        let pair = try Pair()
        let first = try pair.get()
        try pair.settle()
        _ = (pair.server.events(), pair.client.events())
        pair.server.goAway()
        try pair.settle()
        #expect(pair.client.events() == [.goAway(last: first, .noError)])
        #expect(throws: HTTP2Error.self) {
            _ = try pair.get(); try pair.settle(); try refused(pair.client)
        }
        try pair.server.respond(to: first, status: 200, fields: [], body: [])
        try pair.settle()
        #expect(pair.client.events().last == .closed(first, .noError))
        #expect(pair.server.isFinished)
        #expect(pair.client.isFinished)
    }

    /// A request after GOAWAY is closed as refused, which is an error for this test's purposes.
    private func refused(_ session: HTTP2Session) throws {
        if case .closed(_, .refusedStream) = session.events().last { throw HTTP2Error.exhausted }
    }

    @Test func `requests above GOAWAY's last stream are closed as refused`() throws {
        let pair = try Pair()
        let first = try pair.get()
        try pair.settle()
        let second = try pair.get()
        // The server has not seen the second one when it says goodbye.
        try pair.client.receive(Wire.frame(7, Wire.number(UInt32(first)) + Wire.number(0)))
        _ = try pair.client.output()
        #expect(pair.client.events().contains(.closed(second, .refusedStream)))
        #expect(pair.client.stream(first) != nil)
    }

    @Test func `skips interim responses and drops trailers`() throws {
        let client = try HTTP2Session(role: .client)
        let id = try client.request(
            method: "GET", scheme: "https", authority: "a", path: "/", fields: [], body: [])
        _ = try client.output()
        try client.receive(
            Wire.emptySettings + Wire.headers(1, [(":status", "103"), ("link", "x")], end: false)
                + Wire.headers(1, [(":status", "200"), ("server", "y")], end: false)
                + Wire.data(1, [65], end: false)
                + Wire.headers(1, [("grpc-status", "0")]))
        #expect(client.nextEvent() == .settings)
        #expect(client.nextEvent() == .response(id))
        #expect(client.stream(id)?.status == 200)
        #expect(client.stream(id)?.fields["link"] == nil)
        #expect(client.stream(id)?.fields["grpc-status"] == nil)
        #expect(client.takeBody(of: id) == [65])
        #expect(client.events() == [.data(id), .end(id), .closed(id, .noError)])
    }
}
