// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol

/// Something that a pod lacks of what it asks for.
package enum PodDifference: Hashable, Sendable, CustomStringConvertible {
    case agentMissing
    /// Fields that are not as podmint writes them.
    case agentChanged(missing: [String], changed: [String])
    /// It stands after containers that it should come before.
    case agentMisplaced
    case agentRepeated
    case volumeMissing(String)
    /// `isUsable`: it is still what the agent and issuance need it to be.
    case volumeChanged(String, isUsable: Bool)
    case mountMissing(container: String, volume: String)
    case mountChanged(container: String, volume: String)
    /// Which policies it is under is seen differently than when it was injected.
    case policiesChanged(from: [String], to: [String])
    case statusOutdated

    package var description: String {
        switch self {
        case .agentMissing: "init container podmint-agent is missing"
        case .agentChanged(let missing, let changed):
            "init container podmint-agent "
                + [("lacks", missing), ("has changed", changed)].filter { !$1.isEmpty }
                .map { "\($0) \($1.joined(separator: ", "))" }.joined(separator: " and ")
        case .agentMisplaced: "init container podmint-agent is not the first"
        case .agentRepeated: "init container podmint-agent is there more than once"
        case .volumeMissing(let name): "volume \(name) is missing"
        case .volumeChanged(let name, _): "volume \(name) has changed"
        case .mountMissing(let container, let volume):
            "container \(container) does not mount volume \(volume)"
        case .mountChanged(let container, let volume):
            "container \(container) mounts volume \(volume) differently"
        case .policiesChanged(let former, let now):
            "it was injected for \(former.joined(separator: ", ")), and now is under \(now.joined(separator: ", "))"
        case .statusOutdated: "annotation podmint.dev/status is not current"
        }
    }

    /// Whether the pod would start without a certificate, or hang. The rest is for another mutator to decide (an image
    /// from a mirror, resources), or changes between two versions of podmint that serve at the same time: one may set a
    /// variable, a threshold or a source of the token's volume that the other does not.
    package var isEssential: Bool {
        switch self {
        case .agentMissing, .agentRepeated, .volumeMissing, .mountMissing, .policiesChanged: true
        case .volumeChanged(_, let isUsable): !isUsable
        case .agentChanged(let missing, let changed):
            missing.contains {
                Self.carriesTheAgent($0) || $0 == "startupProbe" || Self.startsTheAgent($0)
            }
                || changed.contains { Self.carriesTheAgent($0) || $0 == "envFrom" }
        case .agentMisplaced, .mountChanged, .statusOutdated: false
        }
    }

    private static func carriesTheAgent(_ field: String) -> Bool {
        ["command", "args", "restartPolicy"].contains(field) || field.hasPrefix("volumeMounts ")
    }

    /// Without these the agent does not start, or issuance does not recognise it. Those of further certificates have a
    /// number behind their name.
    private static func startsTheAgent(_ field: String) -> Bool {
        variables.contains { field == $0 || field.hasPrefix($0 + "_") }
    }

    private static let variables = [AgentEnvironment.server, .policy, .directory, .duration].map {
        "env \($0.name)"
    }
}
