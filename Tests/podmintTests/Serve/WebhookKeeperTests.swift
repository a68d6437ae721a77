// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesClient
import OpenSSL
import Testing

@testable import podmint

@Suite(.timeLimit(.minutes(1))) struct WebhookKeeperTests {
    private static let mutating = SmallAPIServer.Place(
        resource: "mutatingwebhookconfigurations", name: "podmint")
    private static let validating = SmallAPIServer.Place(
        resource: "validatingwebhookconfigurations", name: "podmint")

    private let scene: KeeperScene
    private let readiness = Readiness()
    private var server: SmallAPIServer { scene.server }
    private var own: Certificate { scene.own }
    private var log: RecordedLog { scene.log }

    init() throws {
        scene = try KeeperScene()
        for condition in Readiness.Condition.allCases where condition != .webhooks {
            readiness.meet(condition)
        }
    }

    private static func configuration(_ entry: String, _ bundle: Certificate? = nil) -> JSONValue {
        var webhook: JSONValue = ["name": .string(entry), "clientConfig": ["url": "https://127.0.0.1:1"]]
        if let bundle {
            webhook["clientConfig"]?["caBundle"] = .string(Base64.encode(Array(bundle.pem.utf8)))
        }
        return ["webhooks": [webhook]]
    }

    /// While it keeps the webhooks.
    private func keeping(mayWrite: Bool = true, _ look: (WebhookKeeper) async throws -> Void) async throws {
        let keeper = WebhookKeeper(
            client: scene.client, anchors: scene.anchors, changed: scene.changed, readiness: readiness,
            logger: log.logger, clock: scene.time.clock, mayWrite: { mayWrite })
        try await scene.running([{ await keeper.run() }]) { try await look(keeper) }
    }

    private var line: String {
        readiness.report.split(separator: "\n").first { $0.contains("]webhooks") }.map(String.init) ?? ""
    }

    @Test func `the one that is there is written to though the other is missing`() async throws {
        server[Self.validating] = Self.configuration("secrets.podmint.dev")
        try await keeping { keeper in
            try await eventually { keeper.admits(own) }
            try await eventually { readiness.isReady }
            #expect(!keeper.isTrusted(own))
            #expect(line.contains("Mutating") && line.contains("does not exist"))
            // Applied later, it is written to as well.
            server[Self.mutating] = Self.configuration("pods.podmint.dev")
            try await eventually { keeper.isTrusted(own) }
            try await eventually { line == "[+]webhooks ok" }
        }
        #expect(log.count(of: "does not exist") == 1)
    }

    @Test func `a server that the one that is there does not trust is not ready`() async throws {
        server[Self.validating] = Self.configuration("secrets.podmint.dev")
        try await keeping(mayWrite: false) { _ in
            try await eventually { line.contains("ValidatingWebhookConfiguration podmint does not trust") }
            #expect(!readiness.isReady)
        }
    }

    @Test func `what cannot be written is told once, tried ever more seldom, and does not hold up the other`()
        async throws
    {
        server[Self.mutating] = Self.configuration("pods.podmint.dev")
        server[Self.validating] = Self.configuration("secrets.podmint.dev")
        server.refuse(Self.mutating, with: 403)
        try await keeping { keeper in
            try await eventually { server.writes.count { $0 == Self.mutating } > 5 }
            #expect(server[Self.validating]?["webhooks"]?[0]?["clientConfig"]?["caBundle"] != nil)
            #expect(log.count(of: "cannot write the caBundle") == 1)
            #expect(scene.time.waited.last.map { $0 >= .seconds(10) } == true)
            server.refuse(Self.mutating, with: nil)
            try await eventually { keeper.isTrusted(own) }
        }
    }

    @Test func `a write that came too late is no failure, unless nobody else wrote`() async throws {
        server[Self.mutating] = Self.configuration("pods.podmint.dev", own)
        server[Self.validating] = Self.configuration("secrets.podmint.dev")
        server.refuse(Self.validating, with: 422)
        try await keeping { keeper in
            // The version stays what it was, so it was not overtaken: known from the second refusal on.
            try await eventually { log.count(of: "cannot write the caBundle") == 1 }
            #expect(server.writes.count { $0 == Self.validating } >= 2)
            server.refuse(Self.validating, with: nil)
            try await eventually { keeper.isTrusted(own) }
        }
    }
}
