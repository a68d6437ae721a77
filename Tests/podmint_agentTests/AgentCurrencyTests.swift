// SPDX-License-Identifier: Apache-2.0
import Glibc
import OpenSSL
import SigningProtocol
import Testing

@testable import podmint_agent

/// Whether its certificate is still the one that podmint would issue.
@Suite struct AgentCurrencyTests: AgentTesting {
    private static let now: Int64 = 1_800_000_000
    let folder = TemporaryFolder()
    let authority: TestAuthority
    let clock = VirtualClock(wall: now)

    init() throws { authority = try TestAuthority() }

    @Test func `asks now and then whether its certificate is still current, as often as podmint says`() throws
    {
        let source = issuing()
        source.judge = { _, _ in CheckVerdict(reason: nil, again: 300) }
        clock.onPause = { $0.monotonic < 1_500_000 }
        _ = try run(.renewals, source)
        #expect(source.reasons == [.first])
        // At 48 to 72 s, then every 240 to 360 s.
        #expect((5...7).contains(source.checks), "\(source.checks)")
        #expect(clock.pauses.allSatisfy { $0 <= 30_000 })
    }

    @Test func `asks for another certificate when podmint would issue another, once`() throws {
        let source = issuing()
        source.judge = { check, _ in CheckVerdict(reason: check == 1 ? "names" : nil, again: nil) }
        clock.onPause = { $0.monotonic < 600_000 }
        let lines = try run(.renewals, source)
        #expect(source.reasons == [.first, .renewal])
        #expect(source.checks > 4)
        #expect(lines.count == 2)
    }

    @Test func `keeps the certificate, and its temper, when another is wanted and refused`() throws {
        let source = ScriptedSource { call, key in
            guard call == 1 else { throw AgentFailure(.refused, "podmint answered 403: not that name") }
            return try issue(key, life: 86400)
        }
        source.judge = { _, _ in CheckVerdict(reason: "names", again: nil) }
        clock.onPause = { $0.monotonic < 3_600_000 }
        let lines = try run(.renewals, source)
        #expect(try published.fault(at: clock.wall) == nil)
        #expect(source.reasons.count < 20, "\(source.reasons.count) tries in an hour")
        #expect(
            lines.contains { $0.contains("another certificate now: names; podmint answered 403") }, "\(lines)"
        )
    }

    @Test(arguments: [AgentFailure.Kind.refused, .unreachable])
    func `a podmint that cannot say is asked ever more rarely, and nothing is lost`(kind: AgentFailure.Kind)
        throws
    {
        let source = ScriptedSource { _, key in try issue(key, life: 86400) }
        source.judge = { _, _ throws(AgentFailure) in throw AgentFailure(kind, "no") }
        clock.onPause = { $0.monotonic < 7_200_000 }
        let lines = try run(.renewals, source)
        #expect(source.reasons == [.first] && lines.count == 1)
        #expect((2...9).contains(source.checks), "\(source.checks)")
    }
}
