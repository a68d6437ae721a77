// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import Synchronization
import Testing

@testable import Issuance

struct ReviewGateTests {
    final class Counts: Sendable {
        private let state = Mutex<(now: Int, most: Int)>((0, 0))

        var most: Int { state.withLock { $0.most } }
        func enter() {
            state.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
        }
        func leave() { state.withLock { $0.now -= 1 } }
    }

    @Test func `never lets more in than it says, and sends away who would wait too long`() async {
        let gate = ReviewGate(running: 3, waiting: 20)
        let counts = Counts()
        let passed = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    let value = await gate.pass {
                        counts.enter()
                        for _ in 0..<50 { await Task.yield() }
                        counts.leave()
                        return true
                    }
                    return value ?? false
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(counts.most <= 3)
        #expect(passed >= 23)
        #expect(await gate.pass { true } == true, "it is open again when all have left")
    }

    @Test func `a flood without a good token costs few reviews and no signature`() async throws {
        let fixture = try SigningFixture(gate: ReviewGate(running: 2, waiting: 4))
        fixture.cluster.add(.fixture())
        let statuses = try await fixture.serving {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<300 {
                    group.addTask { try await fixture.ask(token: "a.flood-\(index)-0123456789.c").status }
                }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
        }
        #expect(statuses.isSubset(of: [401, 429, 503]))
        #expect(!fixture.auditSink.entries.contains { $0["verdict"]?.string == "issued" })
    }

    @Test func `a pod's allowance comes back with time, and is its own`() {
        let time = TestClock()
        let rate = RequestRate(clock: time.clock)
        for _ in 0..<10 { #expect(rate.take(for: "a") == nil) }
        #expect(rate.take(for: "a") == 5)
        #expect(rate.take(for: "b") == nil)
        time.advance(by: .seconds(4))
        #expect(rate.take(for: "a") == 1)
        time.advance(by: .seconds(1))
        #expect(rate.take(for: "a") == nil)
        #expect(rate.take(for: "a") != nil)
    }
}
