// SPDX-License-Identifier: Apache-2.0
package import HTTP

/// What one HTTP/2 connection may cost us. Each number stands beside the arithmetic that chose it.
package struct HTTP2Limits: Sendable {
    /// Streams a peer may have open at once. The API server multiplexes its reviews of one webhook over one
    /// connection; 100 is what RFC 9113 section 6.5.2 recommends as a minimum.
    package var concurrentStreams = 100

    /// Names, values and 32 bytes for each field, as RFC 9113 section 6.5.2 counts them. A projected token is
    /// about 1.2 kB and the API server's own fields below 1 kB, so 16 kB is an order of magnitude of room.
    package var headerListBytes = 16 * 1024

    /// One request body. An AdmissionReview carries object and oldObject of up to 3 MiB each (etcd's request
    /// is 1.5 MiB, JSON escapes may double it), plus the envelope: 7 MiB, rounded up.
    package var bodyBytes = 8 * 1024 * 1024

    /// All unfinished and unanswered request bodies of one connection: 100 streams times 8 MiB would be
    /// 800 MB. Four of the largest at once is what an API server does at its very worst.
    package var bufferedBytes = 32 * 1024 * 1024

    /// Bytes a peer may send on one stream before we agree to more: a 15 kB review without a round trip, a
    /// 7 MB one in 28 of them.
    package var streamWindow = 256 * 1024

    /// The same for the whole connection: four full streams.
    package var connectionWindow = 1024 * 1024

    /// RST_STREAM frames from a peer: so many at once, then so many a second (CVE-2023-44487). The API server
    /// resets one stream per review that ran out of time.
    package var resetBurst = 100
    package var resetsPerSecond = 20

    /// RST_STREAM frames that a peer may provoke from us beyond the requests we answered (CVE-2025-8671).
    package var provokedResets = 100

    /// CONTINUATION frames after one HEADERS (CVE-2024-28182): 16 kB of fields need one, two when the peer cuts
    /// badly. nghttp2 counts again for each read that ends inside such a frame's 9-byte head: hence 16.
    package var continuations = 16

    /// Entries in one SETTINGS frame; RFC 9113 defines six and extensions a handful more.
    package var settings = 32

    /// Unsent acknowledgements of PING and SETTINGS: a peer that does not read may not make us queue more.
    package var outboundAcknowledgements = 100

    /// Frames of ours that wait for a peer who does not read: an answer, a reset and two window updates for each
    /// of 100 streams, and the acknowledgements, twice over.
    package var queuedFrames = 1000

    package init() {}

    /// The part of the transport's limits that is HTTP/2's to keep.
    package init(_ limits: HTTPLimits) {
        concurrentStreams = limits.concurrentStreams
        headerListBytes = limits.headerBytes
        bodyBytes = limits.bodyBytes
        resetBurst = limits.resetBurst
        resetsPerSecond = limits.resetsPerSecond
        provokedResets = limits.sentResets
    }
}
