// SPDX-License-Identifier: Apache-2.0
import Glibc
import OpenSSL
import SigningProtocol
import Testing

@testable import podmint_agent

/// What suites about the whole agent share: a volume, a CA, a clock, and the agent run with them.
protocol AgentTesting {
    var folder: TemporaryFolder { get }
    var authority: TestAuthority { get }
    var clock: VirtualClock { get }
}

extension AgentTesting {
    func run(
        _ goal: Agent.Goal, _ source: ScriptedSource, renewBefore: String = "", publisher: Publisher? = nil,
        environment: [String: String] = [:]
    ) throws -> [String] {
        var lines: [String] = []
        let configuration = try AgentConfiguration(
            environment: [
                "PODMINT_SERVER": "https://podmint", "PODMINT_TRUST": "-", "PODMINT_DIRECTORY": folder.path,
                "PODMINT_RENEW_BEFORE": renewBefore, "PODMINT_DURATION": "1h", "PODMINT_POD_NAME": "web-0",
                "PODMINT_POD_NAMESPACE": "shop",
            ].merging(environment) { $1 })
        var agent = Agent(
            clock: clock.clock,
            keepers: configuration.certificates.map { settings in
                CertificateKeeper(
                    settings, podText: configuration.podText, podAddresses: configuration.podAddresses,
                    clock: clock.clock, source: source,
                    publisher: publisher
                        ?? Publisher(path: settings.directory, mode: .worldReadable, layout: settings.layout),
                    log: AgentLog { lines.append($0) }, random: SystemRandomNumberGenerator())
            })
        agent.run(goal)
        return lines
    }

    func issuing() -> ScriptedSource { ScriptedSource { _, key in try issue(key) } }

    func issue(
        _ key: PublicKey, life: Int64 = 3600, names: [SubjectAlternativeName] = [.dns("web-0.web.shop.svc")]
    ) throws -> SigningAnswer {
        SigningAnswer(
            chain: [try authority.issue(for: key, at: clock.wall, life: life, names: names)],
            bundle: [authority.certificate])
    }

    var published: CertificateSet { get throws { try PublishedState.read(folder.path) } }
}
