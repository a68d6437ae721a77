// SPDX-License-Identifier: Apache-2.0
import JSON
import Policies
import Testing

@testable import podmint

struct PolicyStatusTests {
    private let good = Finding(standing: .yes, reason: "Ready", message: "it signs")
    private let bad = Finding(standing: .no, reason: "MissingReference", message: "there is no Secret")
    private let early = "2026-01-01T00:00:00Z"
    private let late = "2026-02-02T00:00:00Z"

    private func reading(_ spec: String = "{}") throws -> PolicyReading<TLSPolicy> {
        TLSPolicy.read(
            try JSONDocument(#"{"metadata": {"name": "web", "namespace": "shop"}, "spec": \#(spec)}"#).root)
    }

    private func conditions(_ status: PolicyStatus) -> [String] {
        status.conditions.map { "\($0.type)=\($0.standing.rawValue):\($0.reason)" }
    }

    @Test func `sums up what was found, the first obstacle first`() throws {
        #expect(
            conditions(PolicyStatus(of: try reading(), authority: good)) == [
                "Accepted=True:Accepted", "AuthorityReady=True:Ready", "Ready=True:Ready",
            ])
        #expect(
            conditions(PolicyStatus(of: try reading(), authority: good, trust: bad)) == [
                "Accepted=True:Accepted", "AuthorityReady=True:Ready", "TrustReady=False:MissingReference",
                "Ready=False:MissingReference",
            ])
        let pending = Finding(standing: .unknown, reason: "Pending", message: "later")
        #expect(
            conditions(PolicyStatus(of: try reading(), authority: pending, trust: bad)).last
                == "Ready=False:MissingReference")
        #expect(
            conditions(PolicyStatus(of: try reading(), authority: pending)).last == "Ready=Unknown:Pending")
    }

    @Test func `a spec that cannot be used says every fault, and nothing else is looked at`() throws {
        let status = PolicyStatus(
            of: try reading(#"{"enrollment": "Pull", "certificate": {"duration": "1d"}}"#), authority: good)
        #expect(
            conditions(status) == [
                "Accepted=False:NotInThisVersion", "AuthorityReady=Unknown:NotAccepted",
                "Ready=False:NotInThisVersion",
            ])
        #expect(status.ready?.message.contains("spec.enrollment") == true)
        #expect(status.ready?.message.contains("spec.certificate.duration") == true)
    }

    @Test func `writes nothing new where nothing changed, and keeps the time of the last change`() throws {
        let status = PolicyStatus(of: try reading(), authority: good)
        let first = status.value(after: [:], generation: 1, now: early)
        #expect(status.value(after: first, generation: 1, now: late) == first)
        let second = PolicyStatus(of: try reading(), authority: bad).value(
            after: first, generation: 2, now: late)
        let times = second["conditions"]?.array?.map { $0["lastTransitionTime"]?.string }
        #expect(times == [early, late, late])
        #expect(second["observedGeneration"] == 2)
    }

    @Test func `leaves other people's conditions where they are`() throws {
        let old: JSONValue = ["conditions": [["type": "Audited", "status": "True"]]]
        let value = PolicyStatus(of: try reading(), authority: good).value(
            after: old, generation: 1, now: early)
        #expect(value["conditions"]?.array?.contains(["type": "Audited", "status": "True"]) == true)
    }

    @Test func `is told when it stops working, when the reason changes, and when it works again`() throws {
        let working = PolicyStatus(of: try reading(), authority: good)
        let failing = PolicyStatus(of: try reading(), authority: bad)
        let wasWorking = working.value(after: [:], generation: 1, now: early)
        let wasFailing = failing.value(after: [:], generation: 1, now: early)
        #expect(working.news(after: [:]) == nil)
        #expect(failing.news(after: [:])?.reason == "MissingReference")
        #expect(failing.news(after: wasWorking)?.reason == "MissingReference")
        #expect(failing.news(after: wasFailing) == nil)
        #expect(working.news(after: wasFailing)?.standing == .yes)
        var other = bad
        other.message = "it is no CA"
        #expect(PolicyStatus(of: try reading(), authority: other).news(after: wasFailing) != nil)
    }
}
