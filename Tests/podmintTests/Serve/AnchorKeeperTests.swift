// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import KubernetesClient
import OpenSSL
import Testing

@testable import podmint

@Suite(.timeLimit(.minutes(1))) struct AnchorKeeperTests {
    private let server = SmallAPIServer()
    private let log = RecordedLog()
    private let time = LeapingClock()
    private let own: Certificate

    init() throws {
        own = try CertificateIssuer.selfSigned(
            commonName: "own", algorithm: .ecdsaP256, notBefore: SystemTime.now - 60,
            notAfter: SystemTime.now + 3600
        ).certificate
    }

    private func optIn(_ namespace: String) {
        server[.init(resource: "namespaces", name: namespace)] = [
            "metadata": ["labels": ["podmint.dev/injection": "enabled"]]
        ]
    }

    private func root(_ namespace: String) -> SmallAPIServer.Place {
        .init(resource: "configmaps", namespace: namespace, name: "podmint-root")
    }

    /// While it keeps the anchors.
    private func keeping(_ look: (AnchorKeeper) async throws -> Void) async throws {
        let (client, changed) = (APIClient(transport: server), WakeUp())
        let namespaces = Informer(
            client: client, resource: .namespaces, decode: { try? Namespace($0) },
            onChange: { _ in changed.ring() })
        let keeper = AnchorKeeper(
            client: client, namespaces: namespaces, changed: changed,
            anchors: ServingAnchors([own], changed: [changed]), logger: log.logger, clock: time.clock,
            mayWrite: { true })
        let run = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await namespaces.run() }
                group.addTask { await keeper.run() }
            }
        }
        defer { run.cancel() }
        try await look(keeper)
        run.cancel()
        await run.value
    }

    @Test func `every namespace that opted in gets the anchor, and gets it back`() async throws {
        for namespace in ["bank", "shop"] { optIn(namespace) }
        try await keeping { keeper in
            try await eventually { keeper.lacking == [] }
            #expect(server[root("shop")]?["data"]?["ca.crt"]?.string == own.pem)
            server[root("shop")] = ["data": ["ca.crt": "somebody else's"]]
            try await eventually { server[root("shop")]?["data"]?["ca.crt"]?.string == own.pem }
            server[root("bank")] = nil
            try await eventually { server[root("bank")] != nil }
        }
        #expect(log.lines.isEmpty)
    }

    @Test func `which namespaces lack the anchor is not known before both lists have been seen`() async throws
    {
        optIn("shop")
        server.silence("namespaces")
        try await keeping { keeper in
            try await Task.sleep(for: .milliseconds(20))
            #expect(keeper.lacking == nil)
            server.silence("namespaces", false)
            try await eventually { keeper.lacking == [] }
        }
    }

    @Test func `a namespace that cannot be written into is told once, and does not hold up the others`()
        async throws
    {
        for namespace in ["bank", "shop"] { optIn(namespace) }
        server.refuse(root("bank"), with: 403)
        try await keeping { keeper in
            try await eventually { server.writes.count { $0 == root("bank") } > 5 }
            #expect(keeper.lacking == ["bank"])
            optIn("zoo")
            try await eventually { server[root("zoo")] != nil }
            #expect(log.count(of: "cannot write the trust anchor") == 1)
            #expect(log.lines.first?.contains("bank") == true)
            server.refuse(root("bank"), with: nil)
            try await eventually { keeper.lacking == [] }
        }
    }
}
