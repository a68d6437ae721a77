// SPDX-License-Identifier: Apache-2.0
import HTTP
import HTTPTransport
import Sockets
import Telemetry
import Testing

@testable import podmint

@Suite(.timeLimit(.minutes(1))) struct ConnectionMetricsTests {
    private struct Nothing: HTTPHandler {
        func respond(to request: borrowing HTTPRequest) -> HTTPAnswer { .now(.text(404, "nothing")) }
    }

    @Test func `who is taken and who is refused is counted for each listener, and nothing before it listens`()
        async throws
    {
        let reactors = try ReactorGroup(count: 2)
        defer { reactors.stop() }
        let (listeners, registry) = (Listeners(reactors: reactors), MetricsRegistry())
        ConnectionMetrics.observe(listeners, in: registry)
        #expect(registry.text().contains("podmint_connections_refused_total{listener=\"agents\"} 0\n"))
        let taken = try Listener.listening(on: SocketAddress(ip: [127, 0, 0, 1], port: 0))
        let address = try taken.localAddress()
        _ = FileDescriptor(owning: taken.release())
        var limits = HTTPLimits()
        limits.connections = 1
        try listeners.open("agent-listen", at: address, .plain, limits: limits, Nothing())
        let first = try Socket.connected(to: address, within: 5000)
        let second = try Socket.connected(to: address, within: 5000)
        try await eventually {
            registry.text().contains("podmint_connections_refused_total{listener=\"agents\"} 1\n")
        }
        let page = registry.text()
        #expect(page.contains("podmint_connections_open{listener=\"agents\"} 1\n"))
        #expect(page.contains("podmint_connections_accepted_total{listener=\"agents\"} 1\n"))
        #expect(page.contains("podmint_connections_refused_total{listener=\"admission\"} 0\n"))
        for socket in [first.rawValue, second.rawValue] { #expect(socket >= 0) }
    }
}
