// SPDX-License-Identifier: Apache-2.0
import JSON
import SigningProtocol
import Testing

@testable import Injection

@Suite struct RecentAgentsTests {
    private static func agent(
        _ server: String, user: Int64 = 1000, _ settings: IssuanceSettings = IssuanceSettings()
    ) -> AgentContainer {
        var wish = CertificateWish()
        wish.owner = FileOwner(parsing: String(user))
        let identity = AgentIdentity(wish, readers: [], podUser: nil)
        let certificate = PlannedCertificate(
            policy: .standard, source: .issued(settings), path: .standard, files: .standard)
        return AgentContainer(
            [certificate], AgentInputs([certificate], podAuthorities: nil),
            InjectionContext(agentImage: "a", server: server), identity, .unstated)
    }

    @Test func `gives what would be made, also when it has made it before`() {
        let recent = RecentAgents()
        for number in [1, 2, 1, 2] {
            let agent = Self.agent("https://\(number)", user: Int64(number))
            let json = recent.json(of: agent)
            #expect(json == agent.json && json.text == agent.json.text)
        }
    }

    @Test func `tells apart whatever changes the container`() {
        let recent = RecentAgents()
        _ = recent.json(of: Self.agent("https://a"))
        #expect(recent.json(of: Self.agent("https://b"))["env"]?[0]?["value"] == "https://b")
        #expect(recent.json(of: Self.agent("https://a", user: 7)).at("securityContext", "runAsUser") == 7)
        #expect(recent.json(of: Self.agent("https://a")).at("securityContext", "runAsUser") == 1000)
        let named = recent.json(of: Self.agent("https://a", IssuanceSettings(names: "dns:a.b")))
        #expect(named["env"]?.array?.contains { $0["value"] == "dns:a.b" } == true)
    }

    @Test func `forgets the oldest`() {
        let recent = RecentAgents()
        for number in 0..<100 {
            let agent = Self.agent("https://\(number)")
            #expect(recent.json(of: agent) == agent.json)
        }
        #expect(recent.count == RecentAgents.most)
    }
}
