// SPDX-License-Identifier: Apache-2.0
import KubernetesClient
import Testing

@testable import podmint

struct RouteCheckTests {
    private func agents(_ answer: RouteCheck.Answer, isGiven: Bool) -> [Diagnosis.State] {
        RouteCheck.agents("agents' route", answer, TrustCheck(now: 0), isGiven: isGiven).map(\.state)
    }

    @Test func `an agents' route that was named must work, one that was guessed need not be seen`() {
        for answer in [RouteCheck.Answer.unreachable("refused"), .answered(status: 404, body: [])] {
            #expect(agents(answer, isGiven: true) == [.faulty])
            #expect(agents(answer, isGiven: false) == [.unseen])
        }
        for isGiven in [true, false] {
            #expect(agents(.untrusted("x509"), isGiven: isGiven) == [.faulty])
            #expect(agents(.untried("no caBundle"), isGiven: isGiven) == [.unseen])
            #expect(agents(.answered(status: 200, body: []), isGiven: isGiven) == [.faulty])
        }
    }
}
