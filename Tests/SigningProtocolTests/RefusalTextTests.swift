// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import SigningProtocol

@Suite struct RefusalTextTests {
    @Test func `is read as it was written`() {
        let refusal = RefusalText("pod web-0 may not have db.example.com", hint: "ask for an allow rule")
        #expect(refusal.text == "pod web-0 may not have db.example.com\nhint: ask for an allow rule\n")
        #expect(RefusalText(parsing: refusal.text) == refusal)
    }

    @Test func `cannot carry escape sequences or long lines into a terminal`() {
        let refusal = RefusalText(
            parsing: "a\u{1b}[31mb\r\nmore\nhint: \u{7}x\n" + String(repeating: "y", count: 100_000))
        #expect(refusal == RefusalText("a [31mb", hint: " x"))
        #expect(RefusalText(parsing: String(repeating: "y", count: 100_000)).message.count == 512)
        #expect(RefusalText(parsing: "").message == "")
    }
}
