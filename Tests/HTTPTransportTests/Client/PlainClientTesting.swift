// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import Testing

@testable import HTTPTransport

/// Clients over plain HTTP/1.1.
protocol PlainClientTesting {}

extension PlainClientTesting {
    func client(
        _ port: UInt16, host: String = "127.0.0.1", addresses: [String] = [],
        _ change: (inout HTTPClientLimits) -> Void = { _ in }
    ) -> HTTPClient {
        var limits = HTTPClientLimits()
        change(&limits)
        return HTTPClient(
            reactors: HTTPClientTests.reactors,
            endpoint: HTTPEndpoint(host: host, port: port, addresses: addresses),
            tls: nil,
            limits: limits)
    }
}
