// SPDX-License-Identifier: Apache-2.0

/// What is spoken inside TLS, by its ALPN name (RFC 7301).
package enum ApplicationProtocol: String, Hashable, Sendable {
    case http1 = "http/1.1"
    case http2 = "h2"

    /// The list as it goes over the wire: each name behind its length.
    static func wire(_ protocols: [ApplicationProtocol]) -> [UInt8] {
        protocols.flatMap { [UInt8(truncatingIfNeeded: $0.rawValue.utf8.count)] + Array($0.rawValue.utf8) }
    }
}
