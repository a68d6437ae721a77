// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import Synchronization
import Testing

@testable import HTTPTransport

/// The client over plain HTTP/1.1 against peers that behave in every way.
@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    static let reactors: ReactorGroup = { try! ReactorGroup(count: 2) }()

    private func client(
        _ port: UInt16, host: String = "127.0.0.1", addresses: [String] = [],
        _ change: (inout HTTPClientLimits) -> Void = { _ in }
    ) -> HTTPClient {
        var limits = HTTPClientLimits()
        change(&limits)
        return HTTPClient(
            reactors: Self.reactors, endpoint: HTTPEndpoint(host: host, port: port, addresses: addresses),
            tls: nil,
            limits: limits)
    }

    @Test func `sends a request and keeps the connection for the next`() async throws {
        let seen = Mutex<[String]>([])
        let peer = LoopbackPeer { connection, _ in
            while let request = readRequest(connection) {
                seen.withLock { $0.append(request) }
                send(connection, answer("hello", "X-Name: value\r\n"))
            }
        }
        let client = client(peer.port)
        for _ in 0..<3 {
            let response = try await client.send(
                HTTPClientRequest(
                    method: .post, path: "/a?b=c", fields: [("accept", "x")], body: Array("body".utf8)))
            #expect(response.status == 200)
            #expect(response["x-name"] == "value")
            #expect(response.body == Array("hello".utf8))
        }
        #expect(peer.connectionCount == 1)
        let request = try #require(seen.withLock { $0.first })
        #expect(request.hasPrefix("POST /a?b=c HTTP/1.1\r\nhost: 127.0.0.1:\(peer.port)\r\n"))
        #expect(request.contains("content-length: 4\r\n"))
        #expect(request.hasSuffix("\r\n\r\nbody"))
    }

    @Test(arguments: ["localhost", "127.0.0.2"])
    func `finds the server by name, and at a fallback address`(host: String) async throws {
        let peer = LoopbackPeer { connection, _ in
            while readRequest(connection) != nil { send(connection, answer("hello")) }
        }
        let client = client(peer.port, host: host, addresses: ["127.0.0.1"])
        #expect(try await client.send(HTTPClientRequest(path: "/")).status == 200)
    }

    @Test func `falls back when the name is unknown`() async throws {
        let peer = LoopbackPeer { connection, _ in
            while readRequest(connection) != nil { send(connection, answer("hello")) }
        }
        let client = client(peer.port, host: "nowhere.invalid", addresses: ["127.0.0.1"])
        #expect(try await client.send(HTTPClientRequest(path: "/")).status == 200)
    }

    @Test func `says why it cannot connect`() async throws {
        let refused = client(1)
        let error = await #expect(throws: HTTPClientError.self) {
            try await refused.send(HTTPClientRequest(path: "/"))
        }
        #expect("\(error!)" == "cannot connect to 127.0.0.1:1: connect: Connection refused")
        let unknown = client(1, host: "nowhere.invalid")
        await #expect {
            try await unknown.send(HTTPClientRequest(path: "/"))
        } throws: { "\($0)".hasPrefix("cannot look up nowhere.invalid: ") }
    }

    @Test func `a server that never answers runs into the deadline`() async throws {
        let peer = LoopbackPeer { connection, _ in
            _ = readRequest(connection)
            _ = readRequest(connection)
        }
        let client = client(peer.port)
        await #expect(throws: HTTPClientError.timeout(.response)) {
            try await client.send(HTTPClientRequest(path: "/"), timeout: .milliseconds(50))
        }
    }

    @Test func `a body that never ends runs into the deadline`() async throws {
        let peer = LoopbackPeer { connection, _ in
            _ = readRequest(connection)
            send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
            _ = readRequest(connection)
        }
        let client = client(peer.port)
        await #expect(throws: HTTPClientError.timeout(.body)) {
            try await client.send(HTTPClientRequest(path: "/"), timeout: .milliseconds(800))
        }
    }

    @Test(arguments: [HTTPMethod.get, .put, .delete])
    func `an old connection that turns out dead costs an idempotent request nothing`(method: HTTPMethod)
        async throws
    {
        let peer = LoopbackPeer { connection, number in
            guard readRequest(connection) != nil else { return }
            send(connection, answer("\(number)"))
            guard readRequest(connection) != nil, number > 1 else { return }
            send(connection, answer("again"))
        }
        let client = client(peer.port)
        #expect(try await client.send(HTTPClientRequest(path: "/")).body == Array("1".utf8))
        #expect(try await client.send(HTTPClientRequest(method: method, path: "/")).body == Array("2".utf8))
        #expect(peer.connectionCount == 2)
    }

    @Test func `a POST is not sent twice`() async throws {
        let peer = LoopbackPeer { connection, _ in
            guard readRequest(connection) != nil else { return }
            send(connection, answer("1"))
            _ = readRequest(connection)
        }
        let client = client(peer.port)
        _ = try await client.send(HTTPClientRequest(path: "/"))
        await #expect {
            try await client.send(HTTPClientRequest(method: .post, path: "/", body: [1]))
        } throws: { if case HTTPClientError.connectionLost = $0 { true } else { false } }
        #expect(peer.connectionCount == 1)
    }

    @Test func `a request is sent again only once`() async throws {
        let peer = LoopbackPeer { connection, number in
            guard readRequest(connection) != nil else { return }
            if number == 1 { send(connection, answer("1")) }
            _ = number == 1 ? readRequest(connection) : nil
        }
        let client = client(peer.port)
        _ = try await client.send(HTTPClientRequest(path: "/"))
        await #expect(throws: HTTPClientError.self) { try await client.send(HTTPClientRequest(path: "/")) }
        #expect(peer.connectionCount == 2)
    }

    @Test func `a server may close an idle connection at any time`() async throws {
        let peer = LoopbackPeer { connection, _ in
            guard readRequest(connection) != nil else { return }
            send(connection, answer("once"))
        }
        let client = client(peer.port)
        for _ in 0..<20 {
            // The connection may still look open when the next request goes out.
            #expect(try await client.send(HTTPClientRequest(path: "/")).body == Array("once".utf8))
        }
    }

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

    @Test(arguments: [
        "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ])
    func `a server that speaks something else is told apart`(wire: String) async throws {
        let peer = LoopbackPeer { connection, _ in
            guard readRequest(connection) != nil else { return }
            send(connection, wire)
        }
        await #expect {
            try await client(peer.port).send(HTTPClientRequest(path: "/"))
        } throws: { if case HTTPClientError.protocolViolation = $0 { true } else { false } }
    }

    @Test func `many tasks share a few connections`() async throws {
        let peer = LoopbackPeer { connection, _ in
            while let request = readRequest(connection) {
                send(connection, answer(String(request.split(separator: " ")[1])))
            }
        }
        let client = client(peer.port) { $0.connections = 4 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let response = try await client.send(HTTPClientRequest(path: "/\(index)"))
                    #expect(response.body == Array("/\(index)".utf8))
                }
            }
            try await group.waitForAll()
        }
        #expect(peer.connectionCount <= 4)
    }

    @Test func `closing fails what is under way and what comes later`() async throws {
        let peer = LoopbackPeer { connection, _ in
            _ = readRequest(connection)
            _ = readRequest(connection)
        }
        let client = client(peer.port)
        let task = Task { try await client.send(HTTPClientRequest(path: "/")) }
        while peer.connectionCount == 0 { try await Task.sleep(for: .milliseconds(1)) }
        client.close()
        await #expect(throws: HTTPClientError.closed) { try await task.value }
        await #expect(throws: HTTPClientError.closed) { try await client.send(HTTPClientRequest(path: "/")) }
    }
}
