import Admission
// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import KubernetesClient
import Logging
import Policies
import Synchronization
import Testing

@testable import podmint

/// The status of policies and what is told of them, with an API server in memory.
@Suite(.timeLimit(.minutes(1))) struct PolicyControllerTests {
    private final class Found: PolicyFindings {
        let authority = Mutex<Finding?>(Finding(standing: .yes, reason: "Ready", message: "it signs"))
        let denied = Mutex<Finding?>(nil)

        func authority(of policy: TLSPolicy) async -> Finding? { authority.withLock { $0 } }
        func authority(of authority: ClusterAuthority) async -> Finding { .notLooked }
        func trust(_ source: TrustSource, in namespace: String) async -> Finding { .notLooked }
        func denial(under policy: TLSPolicy) -> Finding? { denied.withLock { $0 } }
        func pods(of policy: TLSPolicy) -> PolicyCount? { nil }
    }

    private final class Told: EventRecording {
        let happenings = Mutex<[Happening]>([])
        var reasons: [String] { happenings.withLock { $0.map(\.reason) } }

        func record(on object: ObjectReference, _ kind: Happening.Kind, reason: String, message: String) {
            happenings.withLock { $0.append(Happening(object, kind, reason: reason, message: message)) }
        }
    }

    private let server = PolicyServer()
    private let found = Found()
    private let told = Told()
    private let watch: PolicyWatch

    init() {
        watch = PolicyWatch(
            client: APIClient(transport: server), readiness: Readiness(), logger: Self.logger)
    }

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let missing = Finding(standing: .no, reason: "MissingReference", message: "there is none")

    /// Each is one replica's term.
    private func controller() -> PolicyController {
        PolicyController(
            client: APIClient(transport: server), watch: watch, findings: found, events: told,
            logger: Self.logger)
    }

    private func following(_ body: () async throws -> Void) async throws {
        let run = Task { await watch.run() }
        defer { run.cancel() }
        try await watch.policies.waitForSync()
        try await watch.authorities.waitForSync()
        try await body()
    }

    /// Until the watch shows what the server has.
    private func seen(_ name: String) async throws {
        let key = ObjectKey(namespace: "shop", name: name)
        let version = try #require(server.policy(name)?.at("metadata", "resourceVersion")?.string)
        while watch.policies.record(for: key)?.metadata.resourceVersion != version {
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    private func conditions(_ name: String) -> [String] {
        (server.policy(name)?.at("status", "conditions")?.array ?? []).map {
            "\($0["type"]?.string ?? "")=\($0["status"]?.string ?? ""):\($0["reason"]?.string ?? "")"
        }
    }

    @Test func `writes a status once, and tells once what does not work and once that it works`() async throws
    {
        server.apply("web", spec: [:])
        found.authority.withLock { $0 = Self.missing }
        try await following {
            let controller = controller()
            var written = PolicyController.Written()
            for _ in 0..<3 {
                await controller.settle(&written)
                try await seen("web")
            }
            #expect(conditions("web").last == "Ready=False:MissingReference")
            #expect(server.patches == 1)
            #expect(told.reasons == ["MissingReference"])
            found.authority.withLock { $0 = Finding(standing: .yes, reason: "Ready", message: "it signs") }
            for _ in 0..<2 {
                await controller.settle(&written)
                try await seen("web")
            }
            #expect(conditions("web").last == "Ready=True:Ready")
            #expect(server.patches == 2)
            #expect(told.reasons == ["MissingReference", "Ready"])
        }
    }

    @Test func `a write that nobody has seen yet is not written again`() async throws {
        server.apply("web", spec: [:])
        try await following {
            server.isMute = true
            let controller = controller()
            var written = PolicyController.Written()
            await controller.settle(&written)
            await controller.settle(&written)
            #expect(server.patches == 1)
        }
    }

    @Test func `a new leader finds what the former one wrote, and repeats neither status nor Event`()
        async throws
    {
        server.apply("web", spec: [:])
        found.authority.withLock { $0 = Self.missing }
        try await following {
            for _ in 0..<2 {
                var written = PolicyController.Written()
                await controller().settle(&written)
                try await seen("web")
            }
            #expect(server.patches == 1)
            #expect(told.reasons == ["MissingReference"])
        }
    }

    @Test func `what a former leader wrote stays while this one does not know enough`() async throws {
        server.apply("web", spec: [:])
        found.authority.withLock { $0 = Self.missing }
        try await following {
            var written = PolicyController.Written()
            await controller().settle(&written)
            try await seen("web")
            found.authority.withLock { $0 = nil }
            await controller().settle(&written)
            #expect(server.patches == 1)
            #expect(conditions("web").last == "Ready=False:MissingReference")
        }
    }

    @Test func `a write that comes too late loses, and tells nothing`() async throws {
        server.apply("web", spec: [:])
        found.authority.withLock { $0 = Self.missing }
        try await following {
            server.isMute = true
            server.apply("web", spec: ["certificate": ["duration": "1h"]])
            var written = PolicyController.Written()
            await controller().settle(&written)
            #expect(server.patches == 1)
            #expect(conditions("web").isEmpty && told.reasons.isEmpty)
            // It is tried again: nothing says that this version was written.
            await controller().settle(&written)
            #expect(server.patches == 2)
        }
    }

    @Test func `one that was deleted meanwhile is left alone`() async throws {
        server.apply("gone", spec: [:])
        server.apply("going", spec: [:], deletionTimestamp: "2026-01-01T00:00:00Z")
        found.authority.withLock { $0 = Self.missing }
        try await following {
            server.isMute = true
            server.remove("gone")
            var written = PolicyController.Written()
            await controller().settle(&written)
            #expect(server.patches == 1)
            #expect(told.reasons.isEmpty && conditions("going").isEmpty)
        }
    }

    @Test func `a pod's denial is a condition of its own, and goes when nobody is denied`() async throws {
        server.apply("web", spec: [:])
        found.denied.withLock {
            $0 = Finding(standing: .no, reason: "ForbiddenName", message: "pod web-0: no")
        }
        try await following {
            let controller = controller()
            var written = PolicyController.Written()
            await controller.settle(&written)
            try await seen("web")
            #expect(
                conditions("web") == [
                    "Accepted=True:Accepted", "AuthorityReady=True:Ready", "Issuing=False:ForbiddenName",
                    "Ready=True:Ready",
                ])
            found.denied.withLock { $0 = nil }
            await controller.settle(&written)
            #expect(
                conditions("web") == [
                    "Accepted=True:Accepted", "AuthorityReady=True:Ready", "Ready=True:Ready",
                ])
            #expect(told.reasons.isEmpty)
        }
    }
}
