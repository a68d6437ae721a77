// SPDX-License-Identifier: Apache-2.0
import Buffers
import Glibc
import HTTP
import HTTP2
import OpenSSL
import Synchronization
import Testing

@testable import HTTPTransport

/// The client over TLS: HTTP/2 peers under control, names, identities.
@Suite(.timeLimit(.minutes(1))) struct HTTPClientTLSTests {
    let authority: TestAuthority
    init() throws { authority = try TestAuthority() }

    private func client(
        _ port: UInt16, host: String = "127.0.0.1", name: String? = nil, tls: TLSContext? = nil,
        _ change: (inout HTTPClientLimits) -> Void = { _ in }
    ) throws -> HTTPClient {
        var limits = HTTPClientLimits()
        change(&limits)
        return HTTPClient(
            reactors: HTTPClientTests.reactors, endpoint: HTTPEndpoint(host: host, port: port),
            tls: try tls ?? authority.client(), serverName: name, limits: limits)
    }

    /// Answers each request with its path.
    private func echo(_ names: [SubjectAlternativeName] = [.ip([127, 0, 0, 1])]) throws -> LoopbackPeer {
        HTTP2Peer.listen(try authority.server(names)) { peer, event in
            if case .request(let id) = event, let path = peer.session.stream(id)?.path {
                try peer.answer(id, path)
            }
        }
    }

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

    @Test func `speaks HTTP/1.1 to a server that knows no other`() async throws {
        let context = try authority.server(alpn: [.http1])
        let peer = LoopbackPeer { connection, _ in
            guard var tls = try? TLSSession.accepting(connection, with: context) else { return }
            guard case .done? = try? tls.handshake() else { return }
            var buffer = [UInt8](repeating: 0, count: 4096)
            while case .done? =
                (try? buffer.withUnsafeMutableBytes { bytes throws(OpenSSLError) in try tls.read(into: bytes)
                })
            {
                _ = try? Array(answer("old").utf8).withUnsafeBytes { bytes throws(OpenSSLError) in
                    try tls.write(bytes)
                }
            }
        }
        let client = try client(peer.port)
        for _ in 0..<2 {
            #expect(try await client.send(HTTPClientRequest(path: "/")).body == Array("old".utf8))
        }
        #expect(peer.connectionCount == 1)
    }

    @Test func `the certificate must hold the name`() async throws {
        let peer = try echo([.dns("podmint.podmint-system.svc"), .ip([127, 0, 0, 1])])
        #expect(try await client(peer.port).send(HTTPClientRequest(path: "/")).status == 200)
        let named = try client(peer.port, name: "podmint.podmint-system.svc")
        #expect(try await named.send(HTTPClientRequest(path: "/")).status == 200)

        for wrong in ["other.podmint-system.svc", "127.0.0.2"] {
            let error = await #expect(throws: HTTPClientError.self) {
                try await client(peer.port, name: wrong).send(HTTPClientRequest(path: "/"))
            }
            guard case .tls(let text)? = error else {
                Issue.record("\(wrong): \(error.map(\.description) ?? "was trusted")")
                continue
            }
            #expect(
                text.hasPrefix("the certificate that 127.0.0.1:\(peer.port) shows for \(wrong) is refused: "))
            #expect(text.hasSuffix(" mismatch"))
        }
    }

    @Test func `an unknown authority is refused, and trusted once it is known`() async throws {
        let peer = try echo()
        let client = try client(peer.port, tls: TestAuthority(named: "another").client())
        await #expect {
            try await client.send(HTTPClientRequest(path: "/"))
        } throws: { "\($0)".contains("is refused: ") }
        client.updateTLS(try authority.client())
        #expect(try await client.send(HTTPClientRequest(path: "/")).status == 200)
    }

    @Test func `new TLS settings mean a new connection, and watches go on`() async throws {
        let peer = HTTP2Peer.listen(try authority.server()) { peer, event in
            guard case .request(let id) = event else { return }
            guard peer.session.stream(id)?.path == "/watch" else {
                return try peer.answer(id, "\(peer.number)")
            }
            try peer.session.beginResponse(to: id, status: 200, fields: [])
            peer.session.write([UInt8(peer.number)], on: id)
        }
        let client = try client(peer.port)
        let watch = try await client.open(HTTPClientRequest(path: "/watch"))
        client.updateTLS(try authority.client())
        #expect(try await client.send(HTTPClientRequest(path: "/")).body == Array("2".utf8))
        var chunks = watch.chunks.makeAsyncIterator()
        #expect(try await chunks.next() == [1])
    }

    @Test func `shows its own certificate to a server that asks`() async throws {
        let peer = HTTP2Peer.listen(try authority.server(clients: [authority.root])) { peer, event in
            if case .request(let id) = event { try peer.answer(id, "known") }
        }
        let identity = try authority.identity([.dns("client")])
        let known = try client(peer.port, tls: authority.client(identity))
        #expect(try await known.send(HTTPClientRequest(path: "/")).status == 200)
        await #expect(throws: HTTPClientError.self) {
            try await client(peer.port).send(HTTPClientRequest(path: "/"))
        }
    }

    @Test func `a server that never shakes hands runs into the handshake's limit`() async throws {
        let peer = LoopbackPeer { connection, _ in
            var buffer = [UInt8](repeating: 0, count: 4096)
            while read(connection, &buffer, buffer.count) > 0 {}
        }
        let client = try client(peer.port) { ($0.connectMilliseconds, $0.handshakeMilliseconds) = (30, 30) }
        await #expect(throws: HTTPClientError.timeout(.handshaking)) {
            try await client.send(HTTPClientRequest(path: "/"))
        }
        let patient = try self.client(peer.port)
        await #expect(throws: HTTPClientError.timeout(.handshaking)) {
            try await patient.send(HTTPClientRequest(path: "/"), timeout: .milliseconds(50))
        }
    }
}
