// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import Testing

@testable import HTTPTransport

struct ServerShardTests {
    @Test func `serves who has just connected when it ends`() async throws {
        try await withServer { server in
            let peer = try RawClient(server)
            while server.statistics.open == 0 { try await Task.sleep(for: .milliseconds(1)) }
            async let ended: Void = server.shutdown(grace: .zero, drain: .seconds(5))
            try await Task.sleep(for: .milliseconds(100))
            try peer.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try await peer.read()
            #expect(answer.hasPrefix("HTTP/1.1 200") && answer.contains("connection: close"))
            await ended
        }
    }

    @Test func `serves who waits to be accepted when it ends`() async throws {
        let handler = ClosureHandler { _ in
            usleep(500_000)
            return .now(.text(200, "ok"))
        }
        try await withServer(handler: handler) { server in
            let first = try RawClient(server)
            try first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await Task.sleep(for: .milliseconds(100))
            // The only reactor is busy: the order to end is before the second peer in its queue.
            async let ended: Void = server.shutdown(grace: .zero, drain: .seconds(5))
            try await Task.sleep(for: .milliseconds(100))
            let second = try RawClient(server)
            try second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await second.read().hasPrefix("HTTP/1.1 200"))
            await ended
        }
    }
}
