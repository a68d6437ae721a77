// SPDX-License-Identifier: Apache-2.0
import HTTP
import KubernetesAPI
import OpenSSL
import SigningProtocol
import Synchronization
import Testing

@testable import Issuance

/// The shell around `FairQueue`: joining, superseding, waiting and stopping.
struct IssuanceQueueTests {
    /// Work that waits until it is let go, and remembers what it was given.
    final class Gate: Sendable {
        private let state = Mutex<
            (isOpen: Bool, seen: [String], waiting: [CheckedContinuation<Void, Never>])
        >(
            (false, [], []))

        var seen: [String] { state.withLock { $0.seen } }

        func open() {
            let waiting = state.withLock { state in
                state.isOpen = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }

        func work(_ request: CheckedRequest) async -> IssuanceQueue.Outcome {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    state.seen.append(request.id)
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
            return .success(IssuedCertificate(chain: [], bundle: []))
        }
    }

    let gate = Gate()

    static func request(_ id: String, pod: String, key: PrivateKey, namespace: String = "shop") throws
        -> CheckedRequest
    {
        let review = TokenReview(
            isAuthenticated: true, audiences: ["podmint.dev"],
            username: "system:serviceaccount:\(namespace):web",
            extra: [
                "authentication.kubernetes.io/pod-name": [pod],
                "authentication.kubernetes.io/pod-uid": ["uid-\(namespace)-\(pod)"],
            ])
        return CheckedRequest(
            id: id, caller: try PodCaller(review), policy: .standard, reason: .first,
            signingRequest: try SigningRequest(der: SigningRequest.create(key: key)))
    }

    private func queue(_ change: (inout IssuanceQueue.Limits) -> Void = { _ in }) -> IssuanceQueue {
        var limits = IssuanceQueue.Limits()
        limits.workers = 1
        change(&limits)
        let gate = gate
        return IssuanceQueue(limits: limits, clock: .system) { await gate.work($0) }
    }

    private func until(_ condition: () -> Bool) async { while !condition() { await Task.yield() } }

    private func code(_ outcome: IssuanceQueue.Outcome) -> Refusal.Code? {
        if case .failure(let refusal) = outcome { refusal.code } else { nil }
    }

    @Test func `the same key joins the job that is there`() async throws {
        let queue = queue()
        let key = try PrivateKey.generate(.ecdsaP256)
        let (one, two) = (
            try Self.request("1", pod: "a", key: key), try Self.request("2", pod: "a", key: key)
        )
        async let running: Void = queue.run()
        async let first = queue.submit(one, patience: .seconds(600))
        await until { gate.seen == ["1"] }
        async let second = queue.submit(two, patience: .seconds(600))
        // The second can only be told apart from a late one by what the worker saw in the end.
        for _ in 0..<100 { await Task.yield() }
        gate.open()
        let codes = await [code(first), code(second)]
        queue.drain()
        await running
        #expect(codes == [nil, nil])
    }

    @Test func `another key takes the place of a job that still waits`() async throws {
        let queue = queue()
        let keys = try (0..<3).map { _ in try PrivateKey.generate(.ecdsaP256) }
        let blocker = try Self.request("blocker", pod: "b", key: keys[0])
        let old = try Self.request("old", pod: "a", key: keys[1])
        let new = try Self.request("new", pod: "a", key: keys[2])
        async let running: Void = queue.run()
        async let blocked = queue.submit(blocker, patience: .seconds(600))
        await until { gate.seen == ["blocker"] }
        async let superseded = queue.submit(old, patience: .seconds(600))
        await until { queue.depth == 1 }
        async let done = queue.submit(new, patience: .seconds(600))
        #expect(await code(superseded) == .superseded)
        gate.open()
        #expect(await code(done) == nil)
        #expect(await code(blocked) == nil)
        queue.drain()
        await running
        #expect(gate.seen == ["blocker", "new"])
    }

    @Test func `another key waits for a job that is running, which is answered too`() async throws {
        let queue = queue()
        let one = try Self.request("one", pod: "a", key: .generate(.ecdsaP256))
        let two = try Self.request("two", pod: "a", key: .generate(.ecdsaP256))
        async let running: Void = queue.run()
        async let first = queue.submit(one, patience: .seconds(600))
        await until { gate.seen == ["one"] }
        async let second = queue.submit(two, patience: .seconds(600))
        for _ in 0..<1000 { await Task.yield() }
        gate.open()
        #expect(await code(first) == nil)
        #expect(await code(second) == nil)
        queue.drain()
        await running
        #expect(gate.seen == ["one", "two"])
    }

    @Test func `patience ends, the job does not`() async throws {
        let queue = queue()
        let request = try Self.request("one", pod: "a", key: .generate(.ecdsaP256))
        async let running: Void = queue.run()
        #expect(await code(queue.submit(request, patience: .milliseconds(20))) == .busy)
        async let again = queue.submit(request, patience: .seconds(600))
        for _ in 0..<1000 { await Task.yield() }
        gate.open()
        #expect(await code(again) == nil)
        queue.drain()
        await running
    }

    @Test func `a full queue says so at once`() async throws {
        let queue = queue { $0.jobs = 1 }
        let requests = try (0..<3).map {
            try Self.request("\($0)", pod: "p\($0)", key: .generate(.ecdsaP256))
        }
        async let running: Void = queue.run()
        async let first = queue.submit(requests[0], patience: .seconds(600))
        await until { gate.seen == ["0"] }
        async let second = queue.submit(requests[1], patience: .seconds(600))
        await until { queue.depth == 1 }
        let refused = await queue.submit(requests[2], patience: .seconds(600))
        #expect(code(refused) == .queueFull)
        if case .failure(let refusal) = refused {
            #expect(refusal.status == 503 && refusal.retryAfter != nil)
        }
        gate.open()
        #expect(await [code(first), code(second)] == [nil, nil])
        queue.drain()
        await running
    }

    @Test func `draining does what was accepted and nothing more`() async throws {
        let queue = queue()
        let requests = try (0..<4).map {
            try Self.request("\($0)", pod: "p\($0)", key: .generate(.ecdsaP256))
        }
        async let running: Void = queue.run()
        async let first = queue.submit(requests[0], patience: .seconds(600))
        await until { gate.seen == ["0"] }
        async let second = queue.submit(requests[1], patience: .seconds(600))
        async let third = queue.submit(requests[2], patience: .seconds(600))
        await until { queue.depth == 2 }
        queue.drain()
        #expect(await code(queue.submit(requests[3], patience: .seconds(600))) == .stopping)
        gate.open()
        await running
        #expect(await [code(first), code(second), code(third)] == [nil, nil, nil])
    }

    @Test func `a cancelled server ends what is under way and returns`() async throws {
        let queue = queue()
        let request = try Self.request("one", pod: "a", key: .generate(.ecdsaP256))
        let server = Task { await queue.run() }
        async let answer = queue.submit(request, patience: .seconds(600))
        await until { gate.seen == ["one"] }
        server.cancel()
        gate.open()
        await server.value
        #expect(await code(answer) == nil)
    }

    @Test(.timeLimit(.minutes(5))) func `a storm of 2,000 agents is answered, each namespace alike`()
        async throws
    {
        let fixture = try SigningFixture()
        for namespace in 0..<20 {
            fixture.cluster.optIn("ns-\(namespace)")
            for pod in 0..<100 { fixture.cluster.add(.fixture("pod-\(pod)", namespace: "ns-\(namespace)")) }
        }
        let statuses = try await fixture.serving {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for pod in 0..<100 {
                    for namespace in 0..<20 {
                        group.addTask { try await fixture.ask("pod-\(pod)", in: "ns-\(namespace)").status }
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
        }
        #expect(statuses == [200: 2000])
        #expect(fixture.auditSink.lines.count == 2000)
        #expect(fixture.cluster.reviews == 2000, "one TokenReview per issuance")
    }
}
