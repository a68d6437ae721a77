// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import SigningProtocol
import Testing

@testable import podmint_agent

@Suite struct AgentConfigurationTests {
    private static let least = ["PODMINT_SERVER": "https://podmint:8444", "PODMINT_TRUST": "PEM"]

    @Test func `needs a server and somebody to trust, and has defaults for the rest`() throws {
        let configuration = try AgentConfiguration(environment: Self.least)
        #expect(configuration.directory == "/var/run/secrets/podmint.dev/default")
        #expect(configuration.tokenFile == "/var/run/secrets/podmint.dev/.podmint/token")
        #expect(configuration.keyAlgorithm == .ecdsaP256)
        #expect(configuration.mode == .worldReadable)
        #expect(configuration.lifetime == .standard)
        #expect(configuration.renewBefore == nil)
    }

    @Test func `takes everything that injection sets`() throws {
        let configuration = try AgentConfiguration(
            environment: Self.least.merging([
                "PODMINT_SERVER_ADDRESSES": "10.0.0.1, fd00::1", "PODMINT_TRUST_FILE": "/t/root.crt",
                "PODMINT_TOKEN_FILE": "/t/token", "PODMINT_POLICY": "transport",
                "PODMINT_KEY_ALGORITHM": "RSA-3072",
                "PODMINT_MODE": "0440", "PODMINT_DURATION": "8h", "PODMINT_RENEW_BEFORE": "1h",
                "PODMINT_POD_NAME": "web-0",
                "PODMINT_POD_NAMESPACE": "shop",
            ]) { $1 })
        #expect(configuration.fallbackAddresses.map(\.text) == ["10.0.0.1", "fd00::1"])
        #expect(configuration.directory == "/var/run/secrets/podmint.dev/transport")
        #expect(configuration.keyAlgorithm == .rsa3072)
        #expect(configuration.mode.text == "0440")
        #expect(configuration.renewBefore == 3600)
        #expect(configuration.podText == "shop/web-0")
    }

    @Test func `names every variable that is wrong at once`() {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try AgentConfiguration(environment: [
                "PODMINT_SERVER": "podmint", "PODMINT_MODE": "0777", "PODMINT_DURATION": "1m",
            ])
        }
        let text = error?.description ?? ""
        for name in [
            "PODMINT_SERVER is \"podmint\"", "PODMINT_TRUST", "PODMINT_MODE is \"0777\"",
            "PODMINT_DURATION is \"1m\"",
        ] {
            #expect(text.contains(name), "\(name) in: \(text)")
        }
    }

    @Test(arguments: [
        ("PODMINT_SERVER", ""), ("PODMINT_SERVER_ADDRESSES", "10.0.0.1,podmint"),
        ("PODMINT_SERVER_ADDRESSES", ","),
        ("PODMINT_TRUST_FILE", "root.crt"), ("PODMINT_TOKEN_FILE", "token"), ("PODMINT_POLICY", "../x"),
        ("PODMINT_DIRECTORY", "certs"), ("PODMINT_KEY_ALGORITHM", "DSA"), ("PODMINT_MODE", "rw"),
        ("PODMINT_DURATION", "92d"), ("PODMINT_RENEW_BEFORE", "24h"), ("PODMINT_RENEW_BEFORE", "0"),
    ])
    func `refuses a value it cannot read`(name: String, value: String) {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try AgentConfiguration(environment: Self.least.merging([name: value]) { $1 })
        }
        #expect(error?.faults.count == 1)
        #expect(error?.description.hasPrefix(name) == true)
    }

    @Test func `finds the folder for a probe without the rest`() {
        #expect(AgentConfiguration.directory(in: [:]) == "/var/run/secrets/podmint.dev/default")
        #expect(AgentConfiguration.directory(in: ["PODMINT_POLICY": "a"]) == "/var/run/secrets/podmint.dev/a")
        #expect(AgentConfiguration.directory(in: ["PODMINT_DIRECTORY": "/x"]) == "/x")
    }
}
