// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One condition of a policy's status before it has times: what is so, in one word and for people.
struct PolicyCondition: Equatable, Sendable {
    enum Standing: String {
        case yes = "True"
        case no = "False"
        case unknown = "Unknown"
    }

    var type: String
    var standing: Standing
    var reason: String
    /// What it is and, where it is bad, what to do about it.
    var message: String

    /// As the API has it. The time of the last change stays while the standing does.
    func value(generation: Int64, after old: JSONValue?, now: String) -> JSONValue {
        let isSame = old?["status"]?.string == standing.rawValue
        return [
            "type": .string(type), "status": .string(standing.rawValue),
            "observedGeneration": .integer(generation),
            "lastTransitionTime": .string(isSame ? old?["lastTransitionTime"]?.string ?? now : now),
            "reason": .string(reason), "message": .string(String(message.prefix(Self.longestMessage))),
        ]
    }

    /// What the schema takes is 32768; nobody reads more than this.
    private static let longestMessage = 4096
}

/// What was found about something that a policy rests on.
struct Finding: Equatable, Sendable {
    var standing: PolicyCondition.Standing
    var reason: String
    var message: String
}
