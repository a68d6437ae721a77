// SPDX-License-Identifier: Apache-2.0
import Buffers
import Glibc
import HTTP
import HTTP2
import OpenSSL
import Testing

@testable import HTTPTransport

/// Clients over TLS, and a peer that answers them.
protocol TLSClientTesting {
    var authority: TestAuthority { get }
}

extension TLSClientTesting {
    func client(
        _ port: UInt16, host: String = "127.0.0.1", name: String? = nil, tls: TLSContext? = nil,
        _ change: (inout HTTPClientLimits) -> Void = { _ in }
    ) throws -> HTTPClient {
        var limits = HTTPClientLimits()
        change(&limits)
        return HTTPClient(
            reactors: HTTPClientTests.reactors, endpoint: HTTPEndpoint(host: host, port: port),
            tls: try tls ?? authority.client(), serverName: name, limits: limits)
    }

    /// Answers each request with its path.
    func echo(_ names: [SubjectAlternativeName] = [.ip([127, 0, 0, 1])]) throws -> LoopbackPeer {
        HTTP2Peer.listen(try authority.server(names)) { peer, event in
            if case .request(let id) = event, let path = peer.session.stream(id)?.path {
                try peer.answer(id, path)
            }
        }
    }
}
