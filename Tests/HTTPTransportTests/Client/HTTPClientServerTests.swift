// SPDX-License-Identifier: Apache-2.0
import Buffers
import Glibc
import HTTP
import OpenSSL
import Sockets
import Testing

@testable import HTTPTransport

/// Our client against our server, and against nghttp2's own.
@Suite(.timeLimit(.minutes(1))) struct HTTPClientServerTests {
    let authority: TestAuthority
    init() throws { authority = try TestAuthority() }

    private static let handler = ClosureHandler { request in
        switch request.path {
        case "/watch":
            .stream(HTTPResponse(status: 200)) { writer in
                for number in 0..<1000 { writer.write(Array("event \(number)\n".utf8)) }
                writer.finish()
            }
        case "/later":
            .later {
                try? await Task.sleep(for: .milliseconds(2))
                return .text(200, "later")
            }
        default: .now(HTTPResponse(status: 200, fields: [("x-path", request.path)], body: request.body.bytes))
        }
    }

    private func client(_ port: Int, _ alpn: [ApplicationProtocol]) throws -> HTTPClient {
        HTTPClient(
            reactors: HTTPClientTests.reactors, endpoint: HTTPEndpoint(host: "127.0.0.1", port: UInt16(port)),
            tls: try TLSContext.client(anchors: [authority.root], alpn: alpn))
    }

    @Test(arguments: [[ApplicationProtocol.http2, .http1], [.http1]])
    func `exchanges everything with our own server`(alpn: [ApplicationProtocol]) async throws {
        try await withServer(.tls(authority.server()), handler: Self.handler) { server in
            let client = try client(server.boundPort, alpn)
            let body = (0..<1_500_000).map { UInt8($0 % 253) }
            let echo = try await client.send(HTTPClientRequest(method: .post, path: "/echo?x", body: body))
            #expect(echo.body == body)
            #expect(echo["x-path"] == "/echo")
            let watch = try await client.open(HTTPClientRequest(path: "/watch"))
            let events = try await watch.collect(upTo: 1_000_000)
            #expect(String(decoding: events, as: UTF8.self).split(separator: "\n").count == 1000)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<300 {
                    group.addTask {
                        let path = index % 3 == 0 ? "/later" : "/\(index)"
                        let response = try await client.send(HTTPClientRequest(path: path))
                        #expect(response.status == 200)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: [[ApplicationProtocol.http2, .http1], [.http1]])
    func `a server that goes away gracefully fails nobody`(alpn: [ApplicationProtocol]) async throws {
        let group = try ReactorGroup(count: 1)
        defer { group.stop() }
        let address = SocketAddress(ip: [127, 0, 0, 1], port: 0)
        let old = try HTTPServer(
            reactors: group, listen: [address], security: .tls(authority.server()), handler: Self.handler)
        let client = try client(old.boundPort, alpn)
        let new = try HTTPServer(
            reactors: group, listen: [SocketAddress(ip: [127, 0, 0, 1], port: UInt16(old.boundPort))],
            security: .tls(authority.server()), handler: Self.handler)
        let load = Task { try await Self.load(client) }
        try await Task.sleep(for: .milliseconds(100))
        await old.shutdown(grace: .milliseconds(200))
        try await Task.sleep(for: .milliseconds(100))
        load.cancel()
        let count = try await load.value
        #expect(count > 0)
        client.close()
        await new.shutdown(grace: .zero, drain: .milliseconds(50))
    }

    /// One request after the other until its task is cancelled; none may fail.
    private static func load(_ client: HTTPClient) async throws -> Int {
        var count = 0
        while !Task.isCancelled {
            do throws(HTTPClientError) {
                let response = try await client.send(HTTPClientRequest(method: .post, path: "/later"))
                #expect(response.status == 200)
                count += 1
            } catch .cancelled {
                break
            }
        }
        return count
    }

    @Test(.enabled(if: access("/usr/sbin/nghttpd", X_OK) == 0))
    func `fetches from nghttpd`() async throws {
        let folder = "/tmp/podmint-nghttpd-\(getpid())"
        mkdir(folder, 0o700)
        let identity = try authority.identity([.ip([127, 0, 0, 1])])
        let content = (0..<2_000_000).map { UInt8($0 % 251) }
        identity.key.withPEM { save(Array($0), at: "\(folder)/key") }
        save(Array(identity.certificateChain[0].pem.utf8), at: "\(folder)/cert")
        save(content, at: "\(folder)/file")
        // Free a moment ago; nghttpd cannot say which port it got.
        let port = freePort()
        var child = pid_t()
        let arguments = [
            "nghttpd", "-a", "127.0.0.1", "-d", folder, "\(port)", "\(folder)/key", "\(folder)/cert",
        ]
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        try #require(posix_spawn(&child, "/usr/sbin/nghttpd", nil, nil, &words, environ) == 0)
        defer {
            kill(child, SIGKILL)
            waitpid(child, nil, 0)
            for name in ["key", "cert", "file"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        let client = try client(Int(port), [.http2])
        let response = try await fetchOnceStarted(client)
        #expect(response.status == 200)
        #expect(response.body == content)
        #expect(try await client.send(HTTPClientRequest(path: "/none")).status == 404)
    }
}

private func freePort() -> UInt16 {
    let probe = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    defer { close(probe) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            _ = bind(probe, $0, size)
            getsockname(probe, $0, &size)
        }
    }
    return UInt16(bigEndian: address.sin_port)
}

/// nghttpd takes a moment to listen.
private func fetchOnceStarted(_ client: HTTPClient) async throws -> HTTPResponse {
    for _ in 0..<200 {
        if let response = try? await client.send(HTTPClientRequest(path: "/file"), timeout: .seconds(2)) {
            return response
        }
        try await Task.sleep(for: .milliseconds(20))
    }
    return try await client.send(HTTPClientRequest(path: "/file"))
}

private func save(_ bytes: [UInt8], at path: String) {
    let file = open(path, O_WRONLY | O_CREAT, 0o600)
    _ = write(file, bytes, bytes.count)
    close(file)
}
