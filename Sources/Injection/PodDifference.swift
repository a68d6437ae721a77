// SPDX-License-Identifier: Apache-2.0

/// Something that a pod lacks of what it asks for.
package enum PodDifference: Hashable, Sendable, CustomStringConvertible {
    case agentMissing
    /// Fields that are not as podmint writes them.
    case agentChanged(missing: [String], changed: [String])
    /// It stands after containers that it should come before.
    case agentMisplaced
    case agentRepeated
    case volumeMissing(String)
    case volumeChanged(String)
    case mountMissing(container: String)
    case mountChanged(container: String)
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
        case .volumeChanged(let name): "volume \(name) has changed"
        case .mountMissing(let container): "container \(container) does not mount volume podmint-default"
        case .mountChanged(let container): "container \(container) mounts volume podmint-default differently"
        case .statusOutdated: "annotation podmint.dev/status is not current"
        }
    }

    /// Whether the pod would start without a certificate, or hang. The rest is for another mutator to decide (an image
    /// from a mirror, resources), or changes between two versions of podmint that serve at the same time.
    package var isEssential: Bool {
        switch self {
        case .agentMissing, .agentRepeated, .volumeMissing, .volumeChanged, .mountMissing: true
        case .agentChanged(let missing, let changed):
            !missing.filter(Self.carriesTheAgent).isEmpty
                || !changed.filter { Self.carriesTheAgent($0) && !$0.hasPrefix("env ") }.isEmpty
        case .agentMisplaced, .mountChanged, .statusOutdated: false
        }
    }

    private static func carriesTheAgent(_ field: String) -> Bool {
        ["command", "args", "restartPolicy", "startupProbe"].contains(field)
            || field.hasPrefix("env ") || field.hasPrefix("volumeMounts ")
    }
}
