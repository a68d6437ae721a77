// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import Synchronization
import Testing

@testable import HTTPTransport

/// The client over plain HTTP/1.1 against peers that behave in every way.
@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests: PlainClientTesting {
    static let reactors: ReactorGroup = { try! ReactorGroup(count: 2) }()

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
