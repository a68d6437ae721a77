// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import podmint_agent

@Suite struct ServerEndpointTests {
    @Test(
        arguments: [
            (
                "https://podmint.podmint-system.svc:8444", "podmint.podmint-system.svc", 8444,
                "podmint.podmint-system.svc:8444"
            ),
            ("https://Podmint.Example.COM./", "podmint.example.com", 443, "podmint.example.com"),
            ("HTTPS://127.0.0.1:9", "127.0.0.1", 9, "127.0.0.1:9"),
            ("https://[FD00::1]:8444", "fd00::1", 8444, "[fd00::1]:8444"),
            ("https://[::1]", "::1", 443, "[::1]"),
        ] as [(String, String, UInt16, String)])
    func `reads host and port`(text: String, host: String, port: UInt16, field: String) throws {
        let endpoint = try #require(ServerEndpoint(parsing: text))
        #expect(endpoint.hostText == host)
        #expect(endpoint.port == port)
        #expect(endpoint.hostField == field)
    }

    @Test(arguments: [
        "", "podmint:8444", "http://podmint:8444", "https://", "https://:8444", "https://a b",
        "https://user@podmint",
        "https://podmint/path", "https://podmint?x", "https://podmint:0", "https://podmint:65536",
        "https://podmint:+1",
        "https://podmint:", "https://[::1", "https://[podmint]", "https://::1", "https://-a", "https://a..b",
        "https://256.1.1.1", "https://1.2.3", "https://pod\u{0}mint", "https://[fe80::1%eth0]",
    ])
    func `refuses what it could not honour`(text: String) { #expect(ServerEndpoint(parsing: text) == nil) }
}
