// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import HTTP2

/// What a client waits for, keeps and takes. The API server is trusted more than a stranger, not without end.
package struct HTTPClientLimits: Sendable {
    /// One TCP connect to one address: a lost SYN is sent again after 1 s and 3 s.
    package var connectMilliseconds: Int64 = 4_000
    /// A TLS handshake is 2 round trips and at most a few ms of signing.
    package var handshakeMilliseconds: Int64 = 5_000
    /// An unused HTTP/1.1 connection is closed by us before servers do it at 90 s (Go) or 60 s (many proxies).
    package var idleMilliseconds: Int64 = 50_000
    /// HTTP/2 with nothing received for so long is asked for a sign of life,
    package var pingMilliseconds: Int64 = 15_000
    /// and is given up when none comes in this time.
    package var pongMilliseconds: Int64 = 10_000
    /// Connections at once. Over HTTP/1.1 each watch holds one (a namespace that opted in has one or two), and the rest of
    /// the program needs two or three; over HTTP/2 one carries as many requests as the server allows, often 100.
    package var connections = 64
    /// Requests that wait for a connection. 256 signers asking at once find room four times over.
    package var waiting = 1024
    /// A whole response. A list of 5000 pods at 6 kB is 30 MB.
    package var responseBytes = 64 * 1024 * 1024
    /// Bytes of a streamed response that wait for their reader before the peer has to wait.
    package var streamBufferBytes = 256 * 1024

    package init() {}

    var http1: HTTPLimits {
        var limits = HTTPLimits()
        limits.bodyBytes = responseBytes
        return limits
    }

    var http2: HTTP2Limits {
        var limits = HTTP2Limits()
        // A 30 MB list in 30 round trips; a stream that nobody reads holds at most this much.
        limits.streamWindow = 1024 * 1024
        limits.connectionWindow = 8 * 1024 * 1024
        limits.concurrentStreams = 250
        return limits
    }
}
