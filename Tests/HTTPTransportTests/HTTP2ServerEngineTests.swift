// SPDX-License-Identifier: Apache-2.0
import HTTP
import HTTP2
import Testing

@testable import HTTPTransport

struct HTTP2ServerEngineTests {
    @Test func `ends a connection whose oldest request does not come, however many others do`() async throws {
        let test = try TestIdentity()
        var limits = HTTPLimits()
        limits.headerMilliseconds = 300
        try await withServer(.tls(test.server()), limits: limits) { server in
            let peer = try await SteppedHTTP2Client(server, test)
            _ = try await peer.request("/slow", body: [65], isWhole: false)
            var answered = 0
            for _ in 0..<60 {
                guard let id = try? await peer.request("/quick"),
                    try await peer.run(until: { $0.contains(.end(id)) || $0.contains(where: \.isGoAway) }),
                    !peer.events.contains(where: \.isGoAway)
                else { break }
                answered += 1
                try await Task.sleep(for: .milliseconds(30))
            }
            #expect(peer.events.contains { $0.isGoAway })
            #expect((1..<59).contains(answered))
        }
    }

    @Test func `shares a budget for bodies between connections`() async throws {
        let test = try TestIdentity()
        var limits = HTTPLimits()
        limits.bufferedBodyBytes = 640 * 1024
        try await withServer(.tls(test.server()), limits: limits) { server in
            var holders: [SteppedHTTP2Client] = []
            let large = [UInt8](repeating: 65, count: 600_000)
            for _ in 0..<2 {
                let peer = try await SteppedHTTP2Client(server, test)
                let held = try await peer.request("/echo", body: large, isWhole: false)
                // Small ones need no budget, and answered ones hold none.
                let small = try await peer.request("/echo", body: [UInt8](repeating: 65, count: 10_000))
                _ = try await peer.run {
                    $0.contains(.end(small)) && ($0.contains(.writable(held)) || $0.contains(.end(held)))
                }
                #expect(peer.statuses[small] == 200)
                holders.append(peer)
            }
            #expect(holders[0].statuses.count == 1)
            #expect(holders[1].statuses.values.contains(503))
        }
    }
}

extension HTTP2Event {
    var isGoAway: Bool { if case .goAway = self { true } else { false } }
}
