// SPDX-License-Identifier: Apache-2.0
import Logging
import Synchronization
import Testing

@testable import Issuance
@testable import podmint

@Suite(.timeLimit(.minutes(1))) struct StandardAuthorityKeeperTests {
    private static let broken = Refusal(
        .authorityUnusable, status: 503, "authority \"default\": it holds no usable authority",
        hint: "restore it")
    private static let described = Refusal.forbidden(
        .policyUnusable, "ClusterAuthority default cannot be used", hint: "kubectl describe it")
    private static let silence = Refusal.apiUnavailable("question about authority \"default\"")

    /// Whether the server is ready, and has its authority, after the second of two looks.
    private func standing(after first: Refusal?, _ second: Refusal?) async -> [Bool] {
        let (readiness, ticker) = (Readiness(), Ticker())
        let looks = Mutex(0)
        for condition in Readiness.Condition.allCases where condition != .authority {
            readiness.meet(condition)
        }
        let keeper = StandardAuthorityKeeper(
            readiness: readiness, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            prepare: { () throws(Refusal) in
                let look = looks.withLock { looks in
                    looks += 1
                    return looks
                }
                if let refusal = look == 1 ? first : second { throw refusal }
            }, clock: ticker.clock)
        let run = Task { await keeper.run() }
        await ticker.tick()
        run.cancel()
        await run.value
        return [readiness.isReady, readiness.isMet(.authority)]
    }

    @Test(arguments: [broken, described]) func `one that cannot sign is told, and keeps no server away`(
        refusal: Refusal
    ) async {
        #expect(await standing(after: refusal, refusal) == [true, false])
        #expect(await standing(after: nil, refusal) == [true, false])
        #expect(await standing(after: refusal, nil) == [true, true])
    }

    @Test func `who has not heard of the cluster yet is not ready`() async {
        #expect(await standing(after: Self.silence, Self.silence) == [false, false])
        #expect(await standing(after: Self.silence, Self.broken) == [true, false])
        #expect(await standing(after: Self.silence, nil) == [true, true])
    }

    @Test func `a start that takes a moment is not told as a fault, and a silence that lasts is`() async {
        func lines(silentLooks: Int) async -> [String] {
            let (log, ticker) = (RecordedLog(), Ticker())
            let looks = Mutex(0)
            let keeper = StandardAuthorityKeeper(
                readiness: Readiness(), logger: log.logger,
                prepare: { () throws(Refusal) in
                    let look = looks.withLock { looks in
                        looks += 1
                        return looks
                    }
                    if look <= silentLooks { throw Self.silence }
                }, clock: ticker.clock)
            let run = Task { await keeper.run() }
            for _ in 0..<4 { await ticker.tick() }
            run.cancel()
            await run.value
            return log.lines
        }
        #expect(await lines(silentLooks: 2).isEmpty)
        let lasting = await lines(silentLooks: 4)
        #expect(lasting.count == 2 && lasting[0].contains("the default authority cannot sign"))
        #expect(lasting[1].contains("signs again"))
    }
}
