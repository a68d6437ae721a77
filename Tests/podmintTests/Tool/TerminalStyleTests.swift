// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import podmint

struct TerminalStyleTests {
    @Test(
        arguments: [
            (true, "", "xterm", true), (false, "", "xterm", false), (true, "1", "xterm", false),
            (true, "", "dumb", false),
            (true, "", nil, false),
        ] as [(Bool, String, String?, Bool)])
    func `colour is for terminals that did not refuse it`(
        isTerminal: Bool, noColor: String, term: String?, expected: Bool
    ) {
        #expect(TerminalStyle(isTerminal: isTerminal, noColor: noColor, term: term).isColoured == expected)
    }
}
