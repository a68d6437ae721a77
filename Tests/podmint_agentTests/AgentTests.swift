// SPDX-License-Identifier: Apache-2.0
import Glibc
import OpenSSL
import SigningProtocol
import Synchronization
import Testing

@testable import podmint_agent

/// When it asks for a certificate, and for how long it tries.
@Suite struct AgentTests: AgentTesting {
    private static let now: Int64 = 1_800_000_000
    let folder = TemporaryFolder()
    let authority: TestAuthority
    let clock = VirtualClock(wall: now)

    init() throws { authority = try TestAuthority() }

    @Test func `init gets a certificate and returns`() throws {
        let source = issuing()
        let lines = try run(.firstCertificate, source)
        #expect(source.reasons == [.first])
        #expect(try published.fault(at: Self.now) == nil)
        #expect(lines.count == 1 && lines[0].contains("of shop/web-0 for web-0.web.shop.svc"), "\(lines)")
    }

    @Test func `run renews within 60 and 72 percent of life, again and again, with new keys`() throws {
        let source = issuing()
        clock.onPause = { _ in source.reasons.count < 4 }
        _ = try run(.renewals, source)
        #expect(source.reasons == [.first, .renewal, .renewal, .renewal])
        let elapsed = clock.wall - Self.now
        #expect((3 * 2160...3 * 2592 + 10).contains(elapsed))
    }

    @Test func `looks at the clock at least every half minute`() throws {
        clock.onPause = { $0.pauses.count < 10 }
        _ = try run(.renewals, issuing())
        #expect(clock.pauses.allSatisfy { $0 <= 30_000 })
    }

    @Test func `a restart keeps what is good, and its time of renewal`() throws {
        _ = try run(.firstCertificate, issuing())
        let leaf = try published.leaf
        let source = issuing()
        let lines = try run(.firstCertificate, source)
        #expect(source.reasons.isEmpty)
        #expect(try published.leaf == leaf)
        #expect(lines.first?.hasPrefix("keeping certificate") == true)
    }

    @Test func `asks again at its start, once, when the pod has another address than its certificate`() throws
    {
        let address = Mutex<[UInt8]>([10, 0, 0, 1])
        let source = ScriptedSource { _, key in
            try issue(key, names: [.dns("web-0.web.shop.svc"), .ip(address.withLock { $0 })])
        }
        clock.onPause = { $0.pauses.count % 10 != 0 }
        _ = try run(.renewals, source, environment: ["PODMINT_POD_IPS": "10.0.0.1"])
        _ = try run(.renewals, source, environment: ["PODMINT_POD_IPS": "10.0.0.1"])
        #expect(source.reasons == [.first])

        // The sandbox was made anew; and what podmint says then counts, whatever it is.
        let lines = try run(.renewals, source, environment: ["PODMINT_POD_IPS": "10.0.0.2,fd00::2"])
        #expect(source.reasons == [.first, .renewal])
        #expect(lines.count == 2, "\(lines)")

        address.withLock { $0 = [10, 0, 0, 2] }
        _ = try run(.renewals, source, environment: ["PODMINT_POD_IPS": "10.0.0.2"])
        #expect(source.reasons == [.first, .renewal, .renewal])
        #expect(try published.leaf.subjectAlternativeNames.contains(.ip([10, 0, 0, 2])))
    }

    @Test func `goes on trying for its new address, with the certificate it has`() throws {
        let source = ScriptedSource { call, key in
            guard call != 2 else { throw AgentFailure(.unreachable, "podmint is away") }
            return try issue(key, names: [.ip([10, 0, 0, call == 1 ? 1 : 2])])
        }
        _ = try run(.firstCertificate, source)
        clock.onPause = { _ in source.reasons.count < 3 }
        let lines = try run(.renewals, source, environment: ["PODMINT_POD_IPS": "10.0.0.2"])
        #expect(source.reasons == [.first, .renewal, .renewal])
        #expect(lines.contains { $0.hasPrefix("the pod's address is 10.0.0.2 now") }, "\(lines)")
        #expect(try published.leaf.subjectAlternativeNames == [.ip([10, 0, 0, 2])])
    }

    @Test(arguments: ["10.0.0.9", "nonsense", ""])
    func `a certificate without addresses is kept, whatever the pod has`(addresses: String) throws {
        let source = issuing()
        clock.onPause = { $0.pauses.count % 5 != 0 }
        for _ in 1...2 { _ = try run(.renewals, source, environment: ["PODMINT_POD_IPS": addresses]) }
        #expect(source.reasons == [.first])
    }

    @Test func `init does not hold up a pod that has a working certificate, due as it may be`() throws {
        _ = try run(.firstCertificate, issuing())
        clock.wall += 3000
        let source = ScriptedSource { _, _ in throw AgentFailure(.unreachable, "podmint is down") }
        _ = try run(.firstCertificate, source)
        #expect(source.reasons == [.renewal])
        clock.wall += 1000
        clock.onPause = { $0.pauses.count < 5 }
        _ = try run(.firstCertificate, source)
        #expect(source.reasons.count > 2 && source.reasons.dropFirst().allSatisfy { $0 == .first })
    }

    @Test func `a certificate that expired during sleep is replaced at the next look`() throws {
        let source = issuing()
        clock.onPause = { clock in
            if clock.pauses.count == 3 { clock.wall += 30 * 86400 }
            return source.reasons.count < 2
        }
        _ = try run(.renewals, source)
        #expect(clock.pauses.count <= 5)
        #expect(try published.fault(at: clock.wall) == nil)
    }

    @Test func `a clock that jumps back and forth takes nothing away`() throws {
        let source = issuing()
        clock.onPause = { clock in
            switch clock.pauses.count {
            case 2: clock.wall -= 7 * 86400
            case 6: clock.wall += 7 * 86400
            default: break
            }
            return clock.pauses.count < 8
        }
        _ = try run(.renewals, source)
        #expect(try published.fault(at: clock.wall) == nil)
    }

    @Test func `a failing renewal keeps the working certificate and tries until it succeeds`() throws {
        var isDown = false
        let source = ScriptedSource { _, key in
            if isDown { throw AgentFailure(.unreachable, "podmint is down") }
            return try issue(key)
        }
        _ = try run(.firstCertificate, source)
        let leaf = try published.leaf
        isDown = true
        clock.onPause = { clock in
            #expect((try? published.leaf) == leaf || !isDown)
            if source.reasons.count == 12 { isDown = false }
            return source.reasons.count < 13 || clock.pauses.last == 0 || isDown
        }
        let lines = try run(.renewals, source)
        #expect(try published.leaf != leaf)
        #expect(source.reasons.dropFirst().allSatisfy { $0 == .renewal })
        #expect(lines.filter { $0.contains("podmint is down") }.count <= 12, "\(lines)")
    }

    @Test(arguments: [
        AgentFailure.Kind.refused, .unreachable, .busy(retryAfter: nil), .unusableAnswer, .local,
    ])
    func `does not sleep through the last minute of a certificate, however long it failed`(
        kind: AgentFailure.Kind
    ) throws {
        let end = Self.now + 3600
        let source = ScriptedSource { call, key in
            if call > 1, clock.wall < end - 20 { throw AgentFailure(kind, "not yet") }
            return try issue(key)
        }
        clock.onPause = { clock in
            let fault = try? published.fault(at: clock.wall)
            #expect(fault == .some(nil), "\(clock.wall - end) s after its end")
            return (try? published.leaf.notAfter).map { $0 <= end } ?? true
        }
        _ = try run(.renewals, source)
        #expect(try published.leaf.notAfter > end)
        #expect(source.reasons.dropFirst().allSatisfy { $0 == .renewal })
        #expect(source.reasons.count < 200, "\(source.reasons.count) tries")
    }

    @Test func `tries for ever while podmint is not there yet, at most a minute apart`() throws {
        let source = ScriptedSource { call, key in
            if call < 200 {
                throw AgentFailure(.unreachable, "connection refused", hint: "is podmint running?")
            }
            return try issue(key)
        }
        let lines = try run(.firstCertificate, source)
        #expect(source.reasons.count == 200)
        #expect(clock.pauses.allSatisfy { $0 <= 60_000 })
        #expect(
            lines.first?.hasPrefix(
                "no certificate has been published yet; connection refused (hint: is podmint running?); next try in "
            ) == true)
        #expect(lines.count < 40)
    }

    @Test
    func `keeps its key while podmint is busy, and makes a new one after a refusal and for each renewal`()
        throws
    {
        var keys: [[UInt8]] = []
        let source = ScriptedSource { call, key in
            keys.append(key.spkiSHA256)
            switch call {
            case 1: throw AgentFailure(.busy(retryAfter: 1), "busy")
            case 2: throw AgentFailure(.unreachable, "away")
            case 3: throw AgentFailure(.refused, "no")
            default: return try issue(key)
            }
        }
        clock.onPause = { _ in source.reasons.count < 5 }
        _ = try run(.renewals, source)
        #expect(keys[0] == keys[1] && keys[1] == keys[2])
        #expect(Set(keys).count == 3)
    }

    @Test func `follows renew-before`() throws {
        let source = issuing()
        clock.onPause = { _ in source.reasons.count < 2 }
        _ = try run(.renewals, source, renewBefore: "50m")
        #expect((600...610).contains(clock.wall - Self.now))
    }

}
