// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import Policies
internal import Validation

/// The status that an object should have, from what was found about it. Pure.
struct PolicyStatus: Sendable {
    let conditions: [PolicyCondition]
    /// Members beside the conditions; null takes one away.
    var members: JSONObject = JSONObject()

    /// `authority` and `trust` (nil where no more trust is asked for) matter only of an object that can be used; `denial` is
    /// what one of its pods was denied, which says nothing of the others.
    init<Value>(
        of reading: PolicyReading<Value>, authority: Finding, trust: Finding? = nil, denial: Finding? = nil
    ) {
        let errors = FaultReport(reading.faults.filter { $0.severity == .error })
        guard reading.value != nil, errors.isValid else {
            let reason = errors.faults.first.map(\.code.rawValue) ?? "InvalidField"
            conditions = [
                PolicyCondition(type: "Accepted", standing: .no, reason: reason, message: errors.text),
                PolicyCondition(
                    type: "AuthorityReady", standing: .unknown, reason: "NotAccepted",
                    message: "the spec cannot be used, so nobody looked"),
                PolicyCondition(type: Self.ready, standing: .no, reason: reason, message: errors.text),
            ]
            return
        }
        var found = [
            PolicyCondition(
                type: "Accepted", standing: .yes, reason: "Accepted", message: "the spec can be used"),
            PolicyCondition(type: "AuthorityReady", authority),
        ]
        if let trust { found.append(PolicyCondition(type: "TrustReady", trust)) }
        // The first that is not well is what is in the way.
        let obstacle = found.first { $0.standing == .no } ?? found.first { $0.standing == .unknown }
        let ready = obstacle ?? PolicyCondition(type: "AuthorityReady", authority)
        if let denial { found.append(PolicyCondition(type: "Issuing", denial)) }
        conditions =
            found + [
                PolicyCondition(
                    type: Self.ready, standing: ready.standing, reason: ready.reason, message: ready.message)
            ]
    }

    var ready: PolicyCondition? { conditions.last }

    /// The whole status after `old`; conditions of other people stay.
    func value(after old: JSONValue, generation: Int64, now: String) -> JSONValue {
        let former = old["conditions"]?.array ?? []
        let own = conditions.map { condition in
            condition.value(
                generation: generation, after: former.first { $0["type"]?.string == condition.type }, now: now
            )
        }
        let others = former.filter { !Self.types.contains($0["type"]?.string ?? "") }
        var status: JSONObject = [
            "observedGeneration": .integer(generation), "conditions": .array(own + others),
        ]
        for (name, value) in members where !value.isNull { status[name] = value }
        return .object(status)
    }

    /// Whether the user should hear of it: it does not work, and that or the reason is new; or it works again.
    func news(after old: JSONValue) -> PolicyCondition? {
        guard let ready else { return nil }
        let former = old["conditions"]?.array?.first { $0["type"]?.string == Self.ready }
        let wasBad = former?["status"]?.string == "False"
        switch ready.standing {
        case .no:
            let isTold =
                wasBad && former?["reason"]?.string == ready.reason
                && former?["message"]?.string == ready.message
            return isTold ? nil : ready
        case .yes: return wasBad ? ready : nil
        case .unknown: return nil
        }
    }

    private static let ready = "Ready"
    private static let types: Set<String> = ["Accepted", "AuthorityReady", "TrustReady", "Issuing", ready]
}

extension PolicyCondition {
    fileprivate init(type: String, _ finding: Finding) {
        self.init(
            type: type, standing: finding.standing, reason: finding.reason, message: finding.message)
    }
}
