// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing
import Validation

@testable import podmint

struct DoctorReportTests {
    private let report = DoctorReport(findings: [
        .good("A", "first", "well"), .faulty("B", "second", "bad\u{1b}[2J", fix: "mend it"),
        .unseen("C", "third", "hidden", fix: "ask again"),
    ])

    @Test func `a mark, what, and a hint`() {
        #expect(
            report.rendered(as: .text, .plain) == """
                ✓ first: well
                ✗ second: bad [2J
                  hint: mend it
                – third: hidden
                  hint: ask again

                1 good, 1 faulty, 1 not seen

                """)
    }

    @Test func `as data it is what every checking command gives`() {
        #expect(report.value["valid"] == false)
        let fault: JSONValue = [
            "code": "B", "severity": "error", "object": "second", "field": "", "found": "bad\u{1b}[2J",
            "wanted": "",
            "fix": "mend it",
        ]
        #expect(report.value["faults"] == [fault])
        #expect(report.value["checks"]?.array?.count == 3)
        #expect(report.value["checks"]?[2]?["state"] == "unseen")
        #expect(DoctorReport(findings: [.unseen("C", "x", "y", fix: "z")]).isValid)
    }
}
