// SPDX-License-Identifier: Apache-2.0
import Issuance
import Policies
import Sockets
import Testing

@testable import podmint

@Suite struct SettingsTests {
    @Test func `a flag wins over the environment, which wins over nothing`() {
        let settings = Settings(
            flags: ["listen": "127.0.0.1:1"],
            environment: [
                "PODMINT_LISTEN": "127.0.0.1:2", "PODMINT_AGENT_LISTEN": "127.0.0.1:3", "PODMINT_CONTEXT": "",
            ])
        #expect(settings["listen"] == "127.0.0.1:1")
        #expect(settings["agent-listen"] == "127.0.0.1:3")
        #expect(settings["context"] == nil)
        #expect(settings["namespace"] == nil)
    }
}

@Suite struct ServeConfigurationTests {
    private func configuration(_ flags: [String: String]) throws(ConfigurationError) -> ServeConfiguration {
        try ServeConfiguration(settings: Settings(flags: flags, environment: [:]))
    }

    @Test func `stands on the documented defaults`() throws {
        let configuration = try configuration([:])
        #expect(configuration.listen.description == "0.0.0.0:8443")
        #expect(configuration.agentListen.description == "0.0.0.0:8444")
        #expect(configuration.healthListen.description == "0.0.0.0:9090")
        #expect(configuration.namespace == "podmint-system")
        #expect(configuration.advertise.text == "https://podmint.podmint-system.svc")
        #expect(configuration.agentAdvertise.text == "https://podmint.podmint-system.svc:8444")
        #expect(configuration.names.trustDomain == "cluster.local")
    }

    @Test func `agents are sent to the advertised host and the agents' port`() throws {
        let configuration = try configuration([
            "advertise": "https://127.0.0.1:9443", "agent-listen": "127.0.0.1:9444",
            "cluster-domain": "corp.internal",
        ])
        #expect(configuration.agentAdvertise.text == "https://127.0.0.1:9444")
        #expect(configuration.names.trustDomain == "corp.internal")
    }

    @Test(arguments: [
        ["listen": "8443"], ["advertise": "http://x"], ["cert-file": "a.pem"], ["key-file": "a.key"],
        ["log-level": "loud"],
        ["log-format": "xml"], ["shutdown-delay": "10"], ["namespace": "a/b"], ["namespace": "Podmint"],
        ["cluster-domain": "Cluster.Local"], ["trust-domain": "corp."], ["agent-listen": "127.0.0.1:0"],
        ["mesh-containers": "cni-setup, net-init"],
    ])
    func `says what is wrong with a setting, and what would do`(flags: [String: String]) {
        #expect {
            _ = try configuration(flags)
        } throws: { error in
            guard let error = error as? ConfigurationError else { return false }
            return flags.allSatisfy { error.what.contains("--\($0.key)") } && !error.hint.isEmpty
        }
    }
}
