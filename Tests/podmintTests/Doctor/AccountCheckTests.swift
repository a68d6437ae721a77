// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesClient
import Testing
import Validation

@testable import podmint

struct AccountCheckTests {
    private let check = AccountCheck(namespace: "pm")

    @Test func `asks for each right that the manifests give, about podmint's account and its groups`() throws
    {
        let deed = try #require(
            check.questions.map(\.deed).first {
                $0.resource == "secrets" && $0.name == "podmint-serving" && $0.verb == "watch"
            })
        let spec = check.review(deed)["spec"]
        #expect(spec?["user"] == "system:serviceaccount:pm:podmint")
        #expect(spec?["groups"]?.array?.contains("system:serviceaccounts:pm") == true)
        #expect(
            spec?["resourceAttributes"] == [
                "verb": "watch", "group": "", "resource": "secrets", "name": "podmint-serving",
                "namespace": "pm",
            ])
        #expect(check.questions.contains { $0.deed.resource == "events" && $0.deed.namespace == nil })
    }

    @Test func `all there, one missing, and nobody to tell`() {
        var answers = check.questions.map { (question: $0, isAllowed: Look<Bool>.success(true)) }
        #expect(check.findings(answers).map(\.state) == [.good])
        answers[2].isAllowed = .success(false)
        let missing = check.findings(answers)
        #expect(missing.map(\.state) == [.faulty])
        #expect(missing[0].found.hasPrefix("may not \(answers[2].question.deed): "))
        answers[0].isAllowed = .failure(.status(code: 403, reason: "Forbidden", message: "no"))
        #expect(check.findings(answers).map(\.state) == [.unseen])
    }
}
