// SPDX-License-Identifier: Apache-2.0

/// Why a client has no response, by what its caller may do about it. A response with a bad status is no error.
package enum HTTPClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the client was busy with when the time ran out.
    package enum Phase: String, Hashable, Sendable {
        case resolving = "looking up the name"
        case connecting = "connecting"
        case handshaking = "the TLS handshake"
        case waiting = "waiting for a free connection"
        case response = "waiting for the response"
        case body = "reading the response"
    }

    /// No connection came about, at any address: nothing was sent.
    case connect(String)
    /// TLS failed, most often the certificate; nothing was sent. The text is for people.
    case tls(String)
    case timeout(Phase)
    /// The connection ended before the response did. The request may have been carried out.
    case connectionLost(String)
    /// The server ended this one request (RST_STREAM).
    case reset(String)
    /// The peer does not keep to HTTP.
    case protocolViolation(String)
    /// The response is larger than the client takes.
    case tooLarge(limit: Int)
    /// Too many requests wait already.
    case overloaded
    /// The calling task, or `cancel()`, gave it up.
    case cancelled
    /// The client was closed.
    case closed

    package var description: String {
        switch self {
        case .connect(let reason): reason
        case .tls(let reason): reason
        case .timeout(let phase):
            "the time ran out while \(phase == .handshaking ? "in " : "")\(phase.rawValue)"
        case .connectionLost(let reason): "the connection was lost: \(reason)"
        case .reset(let reason): "the server gave the request up: \(reason)"
        case .protocolViolation(let reason): "the server does not keep to HTTP: \(reason)"
        case .tooLarge(let limit): "the response is larger than \(limit) bytes"
        case .overloaded: "too many requests wait for this server already"
        case .cancelled: "the request was cancelled"
        case .closed: "the client is closed"
        }
    }
}
