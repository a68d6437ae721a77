// SPDX-License-Identifier: Apache-2.0
import Buffers
import HTTP
import OpenSSL
import Synchronization
import Testing

@testable import HTTPTransport

struct HTTP1ServerEngineTests {
    @Test func `reads on what TLS holds once a late answer made room for it`() async throws {
        let test = try TestIdentity()
        try await withServer(.tls(test.server())) { server in
            let peer = try await SteppedTLSClient(server, test, alpn: [.http1])
            let body = String(repeating: "x", count: 110_000)
            // While the first answer is awaited, no more than 64 kB of the second request are taken from TLS,
            // which has read everything there is from the socket.
            try await peer.send(
                "GET /later HTTP/1.1\r\nHost: a\r\n\r\n"
                    + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n\(body)")
            let text = try await peer.readText(until: body)
            #expect(text.contains("\r\n\r\nlater\n") && text.hasSuffix(body))
        }
    }

    @Test func `holds no body while a late answer is awaited`() async throws {
        let held = HeldBody()
        let handler = ClosureHandler { request in
            if request.path == "/held" { return .now(.text(200, "\(held.count)")) }
            held.hold(request.body)
            return .later {
                try? await Task.sleep(for: .seconds(60))
                return .text(200, "")
            }
        }
        try await withServer(handler: handler) { server in
            let waiting = try RawClient(server)
            try waiting.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde")
            let other = try RawClient(server)
            var count = "-1"
            while count == "-1" {
                try other.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try await other.read { $0.hasSuffix("\n") }
                count = answer.utf8.split(separator: 0x0A).last.map { String($0) ?? "" } ?? ""
            }
            #expect(count == "0")
        }
    }
}

/// A look at a request's body after its time; both ends are called on the one reactor.
final class HeldBody: @unchecked Sendable {
    private var body: ByteBuffer?
    func hold(_ body: ByteBuffer) { self.body = body }
    var count: Int { body?.count ?? -1 }
}
