// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HTTPTransport

@Suite struct HTTPEndpointTests {
    @Test(arguments: [
        ("https://podmint.podmint-system.svc", "podmint.podmint-system.svc:443", true, ""),
        ("https://127.0.0.1:6443/", "127.0.0.1:6443", true, ""),
        ("https://[::1]:6443/k8s/clusters/c-1", "[::1]:6443", true, "/k8s/clusters/c-1"),
        ("http://localhost:8001", "localhost:8001", false, ""),
    ])
    func `reads a URL`(url: String, authority: String, isTLS: Bool, path: String) throws {
        let parsed = try #require(HTTPEndpoint.parsing(url: url))
        #expect(parsed.endpoint.authority == authority)
        #expect(parsed.isTLS == isTLS)
        #expect(parsed.path == path)
    }

    @Test(arguments: [
        "", "podmint", "ftp://a", "https://", "https://a:0", "https://a:70000", "https://a:x", "https://u@a",
        "https://a/?q", "https://[::1", "https://[a]:1", "https://a b", "https:///x", "https://a\r\nb",
    ])
    func `refuses what is no plain URL`(url: String) { #expect(HTTPEndpoint.parsing(url: url) == nil) }
}
