// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import KubernetesClient
import OpenSSL
import Testing

@testable import podmint

@Suite(.timeLimit(.minutes(1))) struct AnchorKeeperTests {
    private let scene: KeeperScene
    private var server: SmallAPIServer { scene.server }
    private var own: Certificate { scene.own }
    private var log: RecordedLog { scene.log }

    init() throws { scene = try KeeperScene() }

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
        let changed = scene.changed
        let namespaces = Informer(
            client: scene.client, resource: .namespaces, decode: { try? Namespace($0) },
            onChange: { _ in changed.ring() })
        let keeper = AnchorKeeper(
            client: scene.client, namespaces: namespaces, changed: changed, anchors: scene.anchors,
            logger: log.logger, clock: scene.time.clock, mayWrite: { true })
        try await scene.running([{ await namespaces.run() }, { await keeper.run() }]) {
            try await look(keeper)
        }
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

    /// Waits are of chance lengths, and it is about the one that is not due when the other is: so more than once.
    @Test func `of several namespaces that could not be written into each gets the anchor later`()
        async throws
    {
        let names = ["bank", "shop"]
        for namespace in names { optIn(namespace) }
        try await keeping { keeper in
            for _ in 0..<12 {
                try await eventually { keeper.lacking == [] }
                let before = server.writes.count
                for namespace in names {
                    server.refuse(root(namespace), with: 403)
                    server[root(namespace)] = nil
                }
                try await eventually {
                    let writes = server.writes.dropFirst(before)
                    return names.allSatisfy { name in writes.count { $0 == root(name) } > 2 }
                }
                for namespace in names { server.refuse(root(namespace), with: nil) }
                try await eventually { keeper.lacking == [] }
            }
        }
    }
}
