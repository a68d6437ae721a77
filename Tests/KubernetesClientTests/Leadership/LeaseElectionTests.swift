// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import Testing

@testable import KubernetesClient

@Suite struct LeaseElectionTests {
    private static let calendar = MicroTime(microsecondsSinceEpoch: 1_795_339_440_000_042)
    private var random = SystemRandomNumberGenerator()
    private var election = LeaseElection(candidate: "a", name: "podmint", namespace: "podmint-system")

    private mutating func next(_ seconds: Double) -> LeaseElection.Step {
        election.next(at: .seconds(seconds), calendar: Self.calendar, &random)
    }

    /// A Lease of another, told apart by what a renewal changes.
    private func lease(_ holder: String, renewal: Int64 = 0, seconds: Int64 = 15) -> Lease {
        Lease([
            "metadata": ["name": "podmint", "uid": "u", "resourceVersion": "7", "labels": ["kept": "yes"]],
            "spec": [
                "holderIdentity": .string(holder), "leaseDurationSeconds": .integer(seconds),
                "leaseTransitions": 4, "preferredHolder": "x",
                "renewTime": .string(MicroTime(microsecondsSinceEpoch: renewal).description),
            ],
        ])
    }

    private mutating func lead(at seconds: Double = 0) {
        election.saw(lease(""), at: .seconds(seconds))
        guard case .replace(let mine, _) = next(seconds) else { return }
        election.wrote(mine, begun: .seconds(seconds))
    }

    @Test mutating func `makes the Lease where there is none`() {
        #expect(next(0) == .read(within: .seconds(4)))
        election.saw(nil, at: .zero)
        guard case .create(let made, within: .seconds(4)) = next(0) else {
            Issue.record("no creation")
            return
        }
        #expect(made.holder == "a" && made.transitions == 0 && made.duration == .seconds(15))
        #expect(made.object.at("spec", "acquireTime") == "2026-11-22T09:24:00.000042Z")
        #expect(!election.isLeading(at: .zero))
        election.wrote(made, begun: .seconds(1))
        #expect(election.isLeading(at: .seconds(10.9)) && !election.isLeading(at: .seconds(11)))
    }

    @Test mutating func `takes a released one at once, and keeps what others wrote into it`() {
        election.saw(lease("", seconds: 1), at: .zero)
        guard case .replace(let mine, _) = next(0) else {
            Issue.record("no takeover")
            return
        }
        #expect(mine.holder == "a" && mine.transitions == 5)
        #expect(mine.object.at("metadata", "labels", "kept") == "yes")
        #expect(mine.object.at("metadata", "resourceVersion") == "7")
        #expect(mine.object.at("spec", "preferredHolder") == "x")
    }

    @Test(arguments: [Int64(0), 4_000_000_000_000_000])
    mutating func `leaves a holder its whole time since it was last seen to renew, whatever its clock says`(
        clock: Int64
    ) {
        election.saw(lease("b", renewal: clock), at: .seconds(100))
        #expect(isWait(next(100)))
        #expect(next(103) == .read(within: .seconds(4)))
        election.saw(lease("b", renewal: clock + 1), at: .seconds(110))
        #expect(isWait(next(110)))
        // 15 seconds after its first sight, but not after the renewal's.
        #expect(next(116) == .read(within: .seconds(4)))
        election.saw(lease("b", renewal: clock + 1), at: .seconds(124.9))
        let rest = next(124.9)
        #expect(isWait(rest) && rest != .wait(.zero))
        _ = next(125)
        election.saw(lease("b", renewal: clock + 1), at: .seconds(125))
        guard case .replace = next(125) else {
            Issue.record("an ended Lease is not taken")
            return
        }
    }

    private func isWait(_ step: LeaseElection.Step) -> Bool {
        guard case .wait(let time) = step else { return false }
        return time > .zero && time < .seconds(2.4)
    }

    @Test mutating func `renews in time, and a leader that cannot stops before another may begin`() {
        lead()
        #expect(next(1) == .wait(.seconds(3)))
        guard case .replace(let renewed, within: .seconds(4)) = next(4) else {
            Issue.record("no renewal")
            return
        }
        #expect(renewed.transitions == 5)
        election.wrote(renewed, begun: .seconds(4))
        #expect(election.isLeading(at: .seconds(13.9)))
        // No try lasts beyond the leader's own time.
        election.failed(at: .seconds(8), &random)
        #expect(isWait(next(8)))
        #expect(next(12) == .read(within: .seconds(2)))
        election.failed(at: .seconds(12), &random)
        #expect(next(13.9) == .wait(.seconds(0.1)) || next(13.9) == .wait(.seconds(14) - .seconds(13.9)))
        #expect(next(14) == .read(within: .seconds(4)))
        #expect(!election.isLeading(at: .seconds(14)))
    }

    @Test mutating func `a leader that sees another's name leads no more`() {
        lead()
        election.failed(at: .seconds(4), &random)
        election.saw(lease("b"), at: .seconds(5))
        #expect(!election.isLeading(at: .seconds(5)))
        #expect(isWait(next(5)))
        #expect(election.release(calendar: Self.calendar) == nil)
    }

    @Test mutating func `a write whose answer got lost is found to have been made`() {
        election.saw(lease(""), at: .zero)
        guard case .replace(let mine, _) = next(0) else { return }
        election.failed(at: .seconds(4), &random)
        #expect(next(7) == .read(within: .seconds(4)))
        election.saw(mine, at: .seconds(7))
        guard case .replace(let again, _) = next(7) else {
            Issue.record("waits for itself")
            return
        }
        #expect(again.transitions == mine.transitions)
    }

    @Test mutating func `gives back what it holds, for no longer than the API allows`() {
        lead()
        let released = election.release(calendar: Self.calendar)
        #expect(released?.holder == nil && released?.duration == .seconds(1))
        #expect(released?.transitions == 5)
    }
}
