// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import podmint

@Suite struct AdvertisedURLTests {
    @Test(arguments: [
        ("https://127.0.0.1:8443", "127.0.0.1", 8443),
        ("https://podmint.podmint-system.svc", "podmint.podmint-system.svc", 443),
        ("https://[::1]:9443", "::1", 9443),
        ("https://[2001:db8::1]", "2001:db8::1", 443),
        ("https://host:443/", "host", 443),
    ])
    func `takes host and port apart`(text: String, host: String, port: UInt16) {
        #expect(AdvertisedURL(text) == AdvertisedURL(host: host, port: port))
    }

    @Test(arguments: [
        "http://127.0.0.1:8443", "127.0.0.1:8443", "https://", "https://:8443", "https://host:0",
        "https://host:65536",
        "https://host:port", "https://host/path", "https://host?x=1", "https://user@host", "https://[::1",
        "https://[::1]8443",
        "https://a b",
    ])
    func `refuses what a webhook's url may not be`(text: String) {
        #expect(AdvertisedURL(text) == nil)
    }

    @Test func `writes an IPv6 host in brackets and leaves port 443 out`() {
        #expect(AdvertisedURL(host: "::1", port: 8443).text == "https://[::1]:8443")
        #expect(AdvertisedURL(host: "host", port: 443).text == "https://host")
    }
}
