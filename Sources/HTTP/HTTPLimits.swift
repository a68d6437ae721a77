// SPDX-License-Identifier: Apache-2.0

/// Every bound on what a peer may send, hold or take time for. What only HTTP/2
/// knows (windows, continuations) is in `HTTP2Limits`.
package struct HTTPLimits: Sendable {
    /// The largest review measured is 2.8 MB (a 1 MiB Secret on UPDATE: object and oldObject in base64, and
    /// escaped once more). etcd takes 1.5 MiB: 2 objects × 1.5 MiB × 4/3 for base64 × 2 for escapes = 8 MiB.
    package var bodyBytes = 8 * 1024 * 1024
    /// Request line and header fields together. An API server sends under 600 bytes; a projected token in
    /// `Authorization` is about 1.2 kB, an SPNEGO or cookie-laden proxy 8 kB: twice that. RFC 9112 section 3
    /// asks for 8000 bytes of request line at least.
    package var headerBytes = 16 * 1024
    /// An API server sends 6 fields, a browser behind proxies 30: twice that and a little.
    package var headerCount = 64
    /// Of one chunk: size in hex (8 MiB is 6 digits), extensions (nobody we know sends any) and CRLF.
    package var chunkLineBytes = 256
    /// Bytes of chunk extensions over one whole body: a body of 1-byte chunks with long extensions is an attack.
    package var chunkExtensionBytes = 1024
    /// Trailers are read and dropped.
    package var trailerBytes = 4 * 1024

    /// An API server had 40 calls in parallel on one connection: 2.5 times that.
    package var concurrentStreams = 100
    /// Streams reset by the peer (rapid reset, CVE-2023-44487): a burst, then a rate per second.
    package var resetBurst = 100
    package var resetsPerSecond = 20
    /// Streams that a peer makes us reset (MadeYouReset, CVE-2025-8671), beyond the requests it had answered.
    package var sentResets = 100

    /// An API server holds 25 idle and up to 44 busy connections: three of them are 130. At 40 kB each (TLS buffers
    /// and ours) and `ownBodyBytes`, 256 are 14 MB.
    package var connections = 256
    /// One API server alone reached 44, and a node's address may stand for many (SNAT): half of all.
    package var connectionsPerPeer = 128
    /// Of the bodies that a connection is sending, so much is part of its own cost: the review of a pod is 3 to 15 kB.
    package var ownBodyBytes = 16 * 1024
    /// All else of bodies in memory at once, on all reactors together: 8 of the largest. Past this the newest request gets
    /// a 503.
    package var bufferedBodyBytes = 64 * 1024 * 1024

    /// TLS handshake, from accept. A ClientHello and two flights at 1 s of round trip fit.
    package var handshakeMilliseconds: Int64 = 5_000
    /// From a request's first byte to its last header byte. An API server waits 10 s by default for everything.
    package var headerMilliseconds: Int64 = 5_000
    /// A body must come at this rate, after a grace of one `headerMilliseconds`: 8 MiB then takes 2 minutes.
    package var bodyBytesPerSecond = 64 * 1024
    /// Longer than the client's 90 s (Go's IdleConnTimeout): whoever closes first must not be us, or a request
    /// that crosses our close on the wire fails an admission.
    package var idleMilliseconds: Int64 = 120_000
    /// No byte of an answer taken for this long ends the connection.
    package var writeMilliseconds: Int64 = 10_000
    /// Waiting for a `.later` answer where the request names no `timeout`: the API server's own maximum.
    package var answerMilliseconds: Int64 = 30_000
    /// Unsent bytes of a streamed answer; a slower watcher is dropped and lists again. 1000 events of 4 kB.
    package var streamBufferBytes = 4 * 1024 * 1024

    package init() {}
}
