// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import podmint

@Suite struct ReadinessTests {
    @Test func `is ready only when every condition is met, and names the ones that are not`() {
        let readiness = Readiness()
        for condition in Readiness.Condition.allCases.dropLast() { readiness.meet(condition) }
        #expect(!readiness.isReady)
        #expect(readiness.report.contains("[-]serving not yet"))
        readiness.meet(.serving)
        #expect(readiness.isReady)
        readiness.miss(.webhooks, "configuration podmint is gone")
        #expect(!readiness.isReady)
        #expect(readiness.report.contains("[-]webhooks configuration podmint is gone"))
        #expect(readiness.report.contains("[+]caches ok\n"))
        readiness.meet(.policies, "there are none")
        #expect(readiness.report.contains("[+]policies ok, there are none\n"))
    }

    @Test func `what is excused is told, and keeps nobody away`() {
        let readiness = Readiness()
        for condition in Readiness.Condition.allCases { readiness.meet(condition) }
        readiness.excuse(.webhooks, "configuration podmint is gone")
        #expect(readiness.isReady)
        #expect(!readiness.isMet(.webhooks))
        #expect(readiness.report.contains("[-]webhooks configuration podmint is gone"))
        #expect(readiness.report.hasSuffix("\nready"))
        readiness.miss(.webhooks, "configuration podmint does not trust this server yet")
        #expect(!readiness.isReady)
    }
}
