// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import podmint_agent

@Suite struct AgentLogTests {
    @Test func `prints a lasting failure once in ten minutes`() {
        var lines: [String] = []
        var log = AgentLog { lines.append($0) }
        for second in 0..<1201 as Range<Int64> {
            log.failure("no podmint", nextTry: 1000, monotonic: second * 1000)
        }
        #expect(
            lines == [
                "no podmint; next try in 1 s", "no podmint; next try in 1 s (and 599 times before)",
                "no podmint; next try in 1 s (and 599 times before)",
            ])
    }

    @Test func `prints every change at once`() {
        var lines: [String] = []
        var log = AgentLog { lines.append($0) }
        log.failure("a", nextTry: 0, monotonic: 0)
        log.failure("b", nextTry: 0, monotonic: 1)
        log.note("published")
        log.failure("b", nextTry: 0, monotonic: 2)
        #expect(lines.count == 4)
    }
}
