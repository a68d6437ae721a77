// SPDX-License-Identifier: Apache-2.0
import Buffers
import Glibc
import HTTP
import HTTP2
import OpenSSL
import Synchronization
import Testing

@testable import HTTPTransport

/// The client over HTTP/2, against peers under control.
@Suite(.timeLimit(.minutes(1))) struct HTTPClientHTTP2Tests: TLSClientTesting {
    let authority: TestAuthority
    init() throws { authority = try TestAuthority() }

    @Test func `many requests share one HTTP/2 connection`() async throws {
        let peer = try echo()
        let client = try client(peer.port)
        try await withThrowingTaskGroup(of: Void.self) { group in
            // As many as the server takes at once.
            for index in 0..<100 {
                group.addTask {
                    let response = try await client.send(HTTPClientRequest(path: "/\(index)"))
                    #expect(response.status == 200)
                    #expect(response["Content-Type"] == "text/plain")
                    #expect(response.body == Array("/\(index)".utf8))
                }
            }
            try await group.waitForAll()
        }
        #expect(peer.connectionCount == 1)
    }

    @Test func `watches that use up a connection's streams hold up nobody else`() async throws {
        var few = HTTP2Limits()
        few.concurrentStreams = 2
        let watched = Mutex(0)
        let peer = HTTP2Peer.listen(try authority.server(), limits: few) { peer, event in
            guard case .request(let id) = event, let path = peer.session.stream(id)?.path else { return }
            // A watch is never answered to its end.
            guard path == "/watch" else { return try peer.answer(id, path) }
            watched.withLock { $0 += 1 }
        }
        let client = try client(peer.port)
        let watches = (0..<5).map { _ in
            Task { try await client.send(HTTPClientRequest(path: "/watch")) }
        }
        while watched.withLock({ $0 < 5 }) { try await Task.sleep(for: .milliseconds(1)) }
        for index in 0..<20 {
            let response = try await client.send(HTTPClientRequest(path: "/\(index)"))
            #expect(response.body == Array("/\(index)".utf8))
        }
        for watch in watches { watch.cancel() }
        for watch in watches { await #expect(throws: HTTPClientError.cancelled) { try await watch.value } }
        #expect((3...5).contains(peer.connectionCount))
    }

    @Test func `bodies larger than every window go both ways`() async throws {
        let peer = HTTP2Peer.listen(try authority.server()) { peer, event in
            guard case .request(let id) = event, let stream = peer.session.stream(id) else { return }
            try peer.session.respond(to: id, status: 200, fields: [], body: stream.body.bytes)
        }
        let body = (0..<1_500_000).map { UInt8($0 % 251) }
        let response = try await client(peer.port).send(
            HTTPClientRequest(method: .post, path: "/", body: body))
        #expect(response.body == body)
    }

    @Test func `what GOAWAY left out is sent again on a new connection, even a POST`() async throws {
        let peer = HTTP2Peer.listen(try authority.server()) { peer, event in
            guard case .request(let id) = event else { return }
            guard peer.number == 1 else { return try peer.answer(id, "second") }
            if id == 5 {
                try peer.answer(1, "first")
                peer.raw = HTTP2Peer.goAway(last: 1)
            }
        }
        let client = try client(peer.port)
        let bodies = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    let request = HTTPClientRequest(method: .post, path: "/", body: [1])
                    return String(decoding: try await client.send(request).body, as: UTF8.self)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(bodies.sorted() == ["first", "second", "second"])
        #expect(peer.connectionCount == 2)
    }

    @Test func `a refused stream is sent again, not for ever`() async throws {
        let count = Mutex(0)
        let peer = HTTP2Peer.listen(try authority.server()) { peer, event in
            guard case .request(let id) = event else { return }
            count.withLock { $0 += 1 }
            peer.session.reset(id, .refusedStream)
        }
        await #expect {
            try await client(peer.port).send(HTTPClientRequest(method: .post, path: "/"))
        } throws: { if case HTTPClientError.reset("REFUSED_STREAM") = $0 { true } else { false } }
        #expect(count.withLock { $0 } == 4)
    }

    @Test func `an old connection that died costs a GET nothing`() async throws {
        let peer = HTTP2Peer.listen(try authority.server()) { peer, event in
            guard case .request(let id) = event else { return }
            if peer.number == 1 && id > 1 {
                peer.isHangingUp = true
            } else {
                try peer.answer(id, "\(peer.number)")
            }
        }
        let client = try client(peer.port)
        #expect(try await client.send(HTTPClientRequest(path: "/")).body == Array("1".utf8))
        #expect(try await client.send(HTTPClientRequest(path: "/")).body == Array("2".utf8))
    }

    @Test func `a peer that answers no PING is dead`() async throws {
        let peer = HTTP2Peer.listen(try authority.server()) { peer, event in
            guard case .request(let id) = event else { return }
            try peer.session.beginResponse(to: id, status: 200, fields: [])
            peer.session.write([1], on: id)
        }
        let silent = HTTP2Peer.listen(try authority.server()) { peer, event in
            if case .request = event { peer.isSilent = true }
        }
        func quick(_ limits: inout HTTPClientLimits) {
            (limits.pingMilliseconds, limits.pongMilliseconds) = (50, 1000)
        }
        await #expect(throws: HTTPClientError.connectionLost("the server did not answer a PING")) {
            try await self.client(silent.port, quick).send(HTTPClientRequest(path: "/"))
        }
        // One that does answer stays, though nothing else happens.
        let client = try client(peer.port, quick)
        let watch = try await client.open(HTTPClientRequest(path: "/watch"))
        var chunks = watch.chunks.makeAsyncIterator()
        #expect(try await chunks.next() == [1])
        try await Task.sleep(for: .milliseconds(400))
        let again = try await client.open(HTTPClientRequest(path: "/watch"))
        #expect(again.status == 200)
        #expect(peer.connectionCount == 1)
    }

    @Test func `cancelling a watch resets its stream and no other`() async throws {
        let codes = Mutex<[HTTP2ErrorCode]>([])
        let peer = HTTP2Peer.listen(try authority.server()) { peer, event in
            switch event {
            case .request(let id) where peer.session.stream(id)?.path == "/watch":
                try peer.session.beginResponse(to: id, status: 200, fields: [])
                peer.session.write(Array("one".utf8), on: id)
            case .request(let id): try peer.answer(id, "answer")
            case .closed(_, let code): codes.withLock { $0.append(code) }
            default: break
            }
        }
        let client = try client(peer.port)
        do {
            let watch = try await client.open(HTTPClientRequest(path: "/watch"))
            var chunks = watch.chunks.makeAsyncIterator()
            #expect(try await chunks.next() == Array("one".utf8))
            // Letting go of the response is enough.
        }
        #expect(try await client.send(HTTPClientRequest(path: "/")).body == Array("answer".utf8))
        #expect(codes.withLock { $0 }.contains(.cancel))
        #expect(peer.connectionCount == 1)
    }

    @Test func `a stream that nobody reads holds up no other`() async throws {
        let body = [UInt8](repeating: 9, count: 20_000_000)
        let peer = HTTP2Peer.listen(try authority.server()) { peer, event in
            guard case .request(let id) = event else { return }
            let isLarge = peer.session.stream(id)?.path == "/large"
            try peer.session.respond(to: id, status: 200, fields: [], body: isLarge ? body : [1])
        }
        let client = try client(peer.port)
        let large = try await client.open(HTTPClientRequest(path: "/large"))
        for _ in 0..<20 { #expect(try await client.send(HTTPClientRequest(path: "/")).body == [1]) }
        #expect(try await large.collect(upTo: 30_000_000) == body)
        #expect(peer.connectionCount == 1)
    }

    @Test func `a deadline resets the request and keeps the connection`() async throws {
        let peer = HTTP2Peer.listen(try authority.server()) { peer, event in
            guard case .request(let id) = event, peer.session.stream(id)?.path == "/" else { return }
            try peer.answer(id, "answer")
        }
        let client = try client(peer.port)
        await #expect(throws: HTTPClientError.timeout(.response)) {
            try await client.send(HTTPClientRequest(path: "/never"), timeout: .milliseconds(50))
        }
        #expect(try await client.send(HTTPClientRequest(path: "/")).status == 200)
        #expect(peer.connectionCount == 1)
    }

}
