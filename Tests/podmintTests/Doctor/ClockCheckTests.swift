// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import podmint

struct ClockCheckTests {
    private let date = "Sun, 22 Nov 2026 10:00:00 GMT"
    private let time: Int64 = 1_795_341_600

    @Test func `reads the time that servers send`() {
        #expect(HTTPDate.seconds(date) == time)
        #expect(HTTPDate.seconds("Sunday, 22-Nov-26 10:00:00 GMT") == nil)
        #expect(HTTPDate.seconds("Sun, 22 Foo 2026 10:00:00 GMT") == nil)
    }

    @Test(arguments: [
        (Int64(-1), Int64(1), Diagnosis.State.good), (-60, -60, .good), (-61, -61, .faulty),
        (61, 62, .faulty),
        (-300, 300, .good),
    ])
    func `more than a minute is a fault, whatever the answer took`(
        asked: Int64, answered: Int64, state: Diagnosis.State
    ) {
        #expect(
            ClockCheck.finding(date: date, asked: time + asked, answered: time + answered).state == state)
    }

    @Test func `says who is ahead`() {
        let finding = ClockCheck.finding(date: date, asked: time - 90, answered: time - 90)
        #expect(finding.found.contains("90 s ahead of this machine's"))
        #expect(ClockCheck.finding(date: nil, asked: 0, answered: 0).state == .unseen)
    }
}
