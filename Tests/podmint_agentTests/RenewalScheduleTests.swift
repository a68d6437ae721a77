// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import podmint_agent

@Suite struct RenewalScheduleTests {
    private static let day: Int64 = 86400

    private func schedule(_ digest: [UInt8], backdated: Int64 = 300, renewBefore: Int64? = nil)
        -> RenewalSchedule
    {
        RenewalSchedule(
            notBefore: 1_000_000 - backdated, notAfter: 1_000_000 + Self.day, digest: digest,
            lifetime: Self.day,
            renewBefore: renewBefore)
    }

    @Test(arguments: [([0, 0], 0.60), ([0xFF, 0xFF], 0.72), ([0x80, 0], 0.66)] as [([UInt8], Double)])
    func `lies between 60 and 72 percent of life`(digest: [UInt8], share: Double) {
        let share = Double(schedule(digest).renewAt - 1_000_000) / Double(Self.day) - share
        #expect(abs(share) < 0.0001)
    }

    @Test func `counts life from issuance, not from a notBefore set back against slow clocks`() {
        #expect(schedule([7, 7], backdated: 900).renewAt == schedule([7, 7], backdated: 300).renewAt)
    }

    @Test func `takes the certificate's own life when it is shorter than asked`() {
        let short = RenewalSchedule(
            notBefore: -300, notAfter: 1000, digest: [0, 0], lifetime: Self.day, renewBefore: nil)
        #expect(short.renewAt == 600)
    }

    @Test(arguments: [3600 - 300, 3600 - 1, 3600, 3601, 3900] as [Int64])
    func `is never due at once for want of the life that was asked for`(renewBefore: Int64) {
        // An hour was granted where a day was asked for.
        let granted = RenewalSchedule(
            notBefore: -300, notAfter: 3600, digest: [0, 0], lifetime: Self.day, renewBefore: renewBefore)
        #expect(granted.renewAt > 0)
        #expect(granted.renewAt == (renewBefore < 3600 ? 3600 - renewBefore : 2160))
        // Its issuer is as young as itself, so nothing was put back.
        let young = RenewalSchedule(
            notBefore: 0, notAfter: 300, digest: [0, 0], lifetime: Self.day, renewBefore: renewBefore)
        #expect(young.renewAt == 240)
    }

    @Test func `is spread over the window`() {
        let times = Set((0...255).map { schedule([UInt8($0), 0]).renewAt })
        #expect(times.count == 256)
    }

    @Test func `follows renew-before while that lies within life`() {
        #expect(schedule([9, 9], renewBefore: 3600).renewAt == 1_000_000 + Self.day - 3600)
        #expect(schedule([0, 0], renewBefore: Self.day).renewAt == schedule([0, 0]).renewAt)
    }

    @Test func `survives absurd validity`() {
        let absurd = RenewalSchedule(
            notBefore: 0, notAfter: .max / 2, digest: [255, 255], lifetime: .max / 2, renewBefore: nil)
        #expect(absurd.renewAt > 0)
        let negative = RenewalSchedule(
            notBefore: 100, notAfter: 50, digest: [255, 255], lifetime: 10, renewBefore: nil)
        #expect(negative.isDue(at: 100))
    }
}
