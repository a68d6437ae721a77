// SPDX-License-Identifier: Apache-2.0
package import HTTP
package import OpenSSL
internal import Sockets

/// A client of one endpoint, for any number of tasks. HTTP/2 where the server takes it by ALPN, then over one
/// connection; else HTTP/1.1 over a few that are kept. Redirects and cookies are not followed.
///
/// A request whose connection turns out to be dead is sent once more, where nothing of it was sent, or where it
/// is idempotent, the connection was an old one, and nothing had come back.
package final class HTTPClient: Sendable {
    package let endpoint: HTTPEndpoint
    private let limits: HTTPClientLimits
    private let reactor: Reactor
    private let pool: ClientPool

    /// Without `tls` it speaks plain HTTP/1.1. `serverName` (a DNS name or an IP address) is what the server's
    /// certificate must hold; the endpoint's host where it is nil.
    package init(
        reactors: ReactorGroup, endpoint: HTTPEndpoint, tls: TLSContext?, serverName: String? = nil,
        limits: HTTPClientLimits = HTTPClientLimits()
    ) {
        self.endpoint = endpoint
        self.limits = limits
        reactor = reactors.next()
        pool = ClientPool(
            reactor: reactor, endpoint: endpoint, tls: tls,
            serverName: ServerName(serverName ?? endpoint.host),
            limits: limits)
    }

    // A streamed response may outlive its client; everything idle goes.
    deinit {
        let pool = pool
        reactor.submit { pool.retireConnections() }
    }

    /// The whole response. `timeout` covers everything, from looking up the name to the last byte.
    package func send(
        _ request: HTTPClientRequest, timeout: Duration = .seconds(30)
    ) async throws(HTTPClientError) -> HTTPResponse {
        // The client must outlive the request, or what still waits would wait in vain.
        defer { withExtendedLifetime(self) {} }
        return try await begin(request, timeout, isStreamed: false).head()
    }

    /// The response as soon as its head is there, which must be within `timeout`; its body has no deadline.
    package func open(
        _ request: HTTPClientRequest, timeout: Duration = .seconds(30)
    ) async throws(HTTPClientError) -> HTTPStreamingResponse {
        defer { withExtendedLifetime(self) {} }
        let owner = HTTPStreamingResponse.Owner(begin(request, timeout, isStreamed: true))
        let head = try await owner.channel.head()
        return HTTPStreamingResponse(
            status: head.status, fields: head.fields, chunks: HTTPStreamingResponse.Chunks(owner: owner))
    }

    /// New connections are made with `context`; those there are finish their requests and are closed.
    package func updateTLS(_ context: TLSContext) {
        let pool = pool
        reactor.submit { pool.updateTLS(context) }
    }

    /// Fails what is under way with `.closed`, and everything asked for later.
    package func close() {
        let pool = pool
        reactor.submit { pool.close() }
    }

    private func begin(_ request: HTTPClientRequest, _ timeout: Duration, isStreamed: Bool) -> ResponseChannel
    {
        let (reactor, pool) = (reactor, pool)
        let exchange = ClientExchange(
            request, isStreamed: isStreamed, limits: limits, reactor: reactor, pool: pool)
        let milliseconds =
            timeout.components.seconds * 1000 + timeout.components.attoseconds / 1_000_000_000_000_000
        let isRunning = reactor.submit { pool.take(exchange, timeoutMilliseconds: milliseconds) }
        if !isRunning { exchange.channel.fail(.closed) }
        return exchange.channel
    }
}
