// SPDX-License-Identifier: Apache-2.0
import Buffers
import Glibc
import HTTP
import HTTP2
import OpenSSL
import Testing

@testable import HTTPTransport

/// The client over TLS: names, identities, and who speaks no HTTP/2.
@Suite(.timeLimit(.minutes(1))) struct HTTPClientTLSTests: TLSClientTesting {
    let authority: TestAuthority
    init() throws { authority = try TestAuthority() }

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
