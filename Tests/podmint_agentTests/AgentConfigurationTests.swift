// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import SigningProtocol
import Testing

@testable import podmint_agent

@Suite struct AgentConfigurationTests {
    private static let least = ["PODMINT_SERVER": "https://podmint:8444", "PODMINT_TRUST": "PEM"]

    @Test func `needs a server and somebody to trust, and has defaults for the rest`() throws {
        let configuration = try AgentConfiguration(environment: Self.least)
        #expect(configuration.certificates[0].directory == "/var/run/secrets/podmint.dev/default")
        #expect(configuration.tokenFile == "/var/run/secrets/podmint.dev/.podmint/token")
        #expect(configuration.certificates[0].keyAlgorithm == .ecdsaP256)
        #expect(configuration.certificates[0].mode == .worldReadable)
        #expect(configuration.certificates[0].lifetime == .standard)
        #expect(configuration.certificates[0].renewBefore == nil)
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
        #expect(configuration.certificates[0].directory == "/var/run/secrets/podmint.dev/transport")
        #expect(configuration.certificates[0].keyAlgorithm == .rsa3072)
        #expect(configuration.certificates[0].mode.text == "0440")
        #expect(configuration.certificates[0].renewBefore == 3600)
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

    @Test func `finds the folders for a probe without the rest`() {
        func folders(_ environment: [String: String]) -> [String] {
            AgentConfiguration.certificates(in: environment).map(\.directory)
        }
        #expect(folders([:]) == ["/var/run/secrets/podmint.dev/default"])
        #expect(folders(["PODMINT_POLICY": "a"]) == ["/var/run/secrets/podmint.dev/a"])
        #expect(folders(["PODMINT_DIRECTORY": "/x"]) == ["/x"])
        #expect(
            folders(["PODMINT_POLICY": "a", "PODMINT_POLICY_2": "b", "PODMINT_DIRECTORY_3": "/c"]) == [
                "/var/run/secrets/podmint.dev/a", "/var/run/secrets/podmint.dev/b", "/c",
            ])
    }

    @Test func `keeps several certificates apart`() throws {
        let configuration = try AgentConfiguration(
            environment: Self.least.merging([
                "PODMINT_POLICY": "transport", "PODMINT_DURATION": "8h", "PODMINT_RENEW_BEFORE": "1h",
                "PODMINT_POLICY_2": "http", "PODMINT_DIRECTORY_2": "/etc/http", "PODMINT_FORMATS_2": "pkcs12",
                "PODMINT_FILES_2": "certificate=node.crt,key=node.key", "PODMINT_REUSE_PRIVATE_KEY_2": "true",
                "PODMINT_KEYSTORE_PASSWORD_FILE_2": "/in/http.password",
                "PODMINT_CERTIFICATE_AUTHORITIES_2": "/in/http.crt",
                "PODMINT_POD_CERTIFICATE_AUTHORITIES": "/in/pod.crt",
            ]) { $1 })
        #expect(configuration.certificates.count == 2)
        let (transport, http) = (configuration.certificates[0], configuration.certificates[1])
        #expect(transport.lifetime.text == "8h" && transport.renewBefore == 3600)
        #expect(
            transport.layout.names == ["tls.crt", "tls.key", "ca.crt", "tls.pem"] && !transport.reusesKey)
        #expect(transport.authorityFiles == ["/in/pod.crt"])
        #expect(http.directory == "/etc/http" && http.lifetime == .standard && http.renewBefore == nil)
        #expect(
            http.layout.names == [
                "node.crt", "node.key", "ca.crt", "tls.pem", "keystore.p12", "truststore.p12",
            ])
        #expect(http.reusesKey && http.passwordFile == "/in/http.password")
        #expect(http.authorityFiles == ["/in/http.crt", "/in/pod.crt"])
    }

    @Test(arguments: [
        (["PODMINT_DIRECTORY_2": "/x"], "PODMINT_POLICY_2 is not set"),
        (["PODMINT_POLICY_2": "default"], "two certificates are to go to"),
        (["PODMINT_POLICY_2": "b", "PODMINT_MODE_2": "rw"], "PODMINT_MODE_2 is \"rw\""),
        (["PODMINT_FILES": "key=../x"], "PODMINT_FILES"), (["PODMINT_FORMATS": "jks"], "PODMINT_FORMATS"),
        (["PODMINT_REUSE_PRIVATE_KEY": "yes"], "PODMINT_REUSE_PRIVATE_KEY"),
    ])
    func `refuses certificates that it cannot tell apart or keep`(more: [String: String], fault: String) {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try AgentConfiguration(environment: Self.least.merging(more) { $1 })
        }
        #expect(
            error?.faults.count == 1 && error?.description.contains(fault) == true,
            "\(error?.description ?? "")")
    }
}
