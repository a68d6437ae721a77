// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import Synchronization
import Testing

@testable import HTTPTransport

/// Bodies that come piece by piece, watches above all.
@Suite(.timeLimit(.minutes(1))) struct HTTPClientStreamTests: PlainClientTesting {
    @Test(arguments: [1, 2, 3, 5, 11])
    func `reads a chunked watch however it is cut`(step: Int) async throws {
        let lines = ["{\"type\":\"ADDED\"}\n", "{\"type\":\"BOOKMARK\"}\n", "{}\n"]
        let peer = LoopbackPeer { connection, _ in
            guard readRequest(connection) != nil else { return }
            var on: CInt = 1
            setsockopt(connection, CInt(IPPROTO_TCP), TCP_NODELAY, &on, 4)
            let wire =
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + lines.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
            var rest = Array(wire.utf8)[...]
            while !rest.isEmpty {
                send(connection, Array(rest.prefix(step)))
                rest = rest.dropFirst(step)
            }
            _ = readRequest(connection)
        }
        let response = try await client(peer.port).open(HTTPClientRequest(path: "/watch"))
        #expect(response.status == 200)
        var body: [UInt8] = []
        for try await chunk in response.chunks { body += chunk }
        #expect(String(decoding: body, as: UTF8.self) == lines.joined())
    }

    @Test func `reads a body that ends with the connection`() async throws {
        let peer = LoopbackPeer { connection, _ in
            guard readRequest(connection) != nil else { return }
            send(connection, "HTTP/1.1 200 OK\r\n\r\nuntil the end")
        }
        let response = try await client(peer.port).send(HTTPClientRequest(path: "/"))
        #expect(response.body == Array("until the end".utf8))
    }

    @Test func `carries large bodies both ways`() async throws {
        let peer = LoopbackPeer { connection, _ in
            guard let request = readRequest(connection) else { return }
            send(connection, answer(String(decoding: request.utf8.suffix(1_500_000), as: UTF8.self)))
        }
        let body = (0..<1_500_000).map { UInt8(97 + $0 % 26) }
        let response = try await client(peer.port).send(
            HTTPClientRequest(method: .put, path: "/", body: body))
        #expect(response.body == body)
    }

    @Test func `a response over the limit is refused`() async throws {
        let peer = LoopbackPeer { connection, _ in
            while readRequest(connection) != nil {
                send(connection, answer(String(repeating: "a", count: 2000)))
            }
        }
        let client = client(peer.port) { $0.responseBytes = 1000 }
        await #expect(throws: HTTPClientError.self) { try await client.send(HTTPClientRequest(path: "/")) }
    }

    @Test func `nobody reading makes the server wait, and reading lets it go on`() async throws {
        let sent = Mutex(0)
        let peer = LoopbackPeer { connection, _ in
            guard readRequest(connection) != nil else { return }
            send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 40000000\r\n\r\n")
            let piece = [UInt8](repeating: 7, count: 100_000)
            for _ in 0..<400 {
                guard send(connection, piece) else { return }
                sent.withLock { $0 += piece.count }
            }
        }
        let response = try await client(peer.port).open(HTTPClientRequest(path: "/"))
        // The kernel's own buffers take some; they are far from 40 MB.
        var last = -1
        while case let now = sent.withLock({ $0 }), now != last {
            last = now
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(last < 30_000_000)
        #expect(try await response.collect(upTo: 50_000_000).count == 40_000_000)
    }

    @Test func `cancelling a watch closes its connection`() async throws {
        let isGone = Mutex(false)
        let peer = LoopbackPeer { connection, _ in
            guard readRequest(connection) != nil else { return }
            send(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n")
            _ = readRequest(connection)
            isGone.withLock { $0 = true }
        }
        let response = try await client(peer.port).open(HTTPClientRequest(path: "/watch"))
        var chunks = response.chunks.makeAsyncIterator()
        #expect(try await chunks.next() == Array("hi".utf8))
        response.cancel()
        await #expect(throws: HTTPClientError.cancelled) { try await chunks.next() }
        while !isGone.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test func `a cancelled task gets its answer at once`() async throws {
        let peer = LoopbackPeer { connection, _ in
            _ = readRequest(connection)
            _ = readRequest(connection)
        }
        let client = client(peer.port)
        let task = Task { try await client.send(HTTPClientRequest(path: "/")) }
        while peer.connectionCount == 0 { try await Task.sleep(for: .milliseconds(1)) }
        task.cancel()
        await #expect(throws: HTTPClientError.cancelled) { try await task.value }
    }

    @Test func `a watch lost in the middle says so`() async throws {
        let peer = LoopbackPeer { connection, _ in
            guard readRequest(connection) != nil else { return }
            send(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n")
        }
        let response = try await client(peer.port).open(HTTPClientRequest(path: "/watch"))
        await #expect {
            try await response.collect(upTo: 1000)
        } throws: { if case HTTPClientError.connectionLost = $0 { true } else { false } }
    }
}
