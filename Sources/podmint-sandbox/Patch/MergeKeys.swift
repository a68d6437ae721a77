// SPDX-License-Identifier: Apache-2.0

/// Which lists of the built-in kinds are maps in disguise, and by which fields their elements are told apart.
///
/// Strategic merge and server-side apply disagree in places (ports), so each asks its own question.
enum MergeKeys {
    enum ListKind: Equatable {
        case keyed([String])
        case set
        case atomic
    }

    static func strategic(_ path: [String]) -> ListKind {
        switch path.last ?? "" {
        case "ports": parent(path) == "spec" ? .keyed(["port"]) : .keyed(["containerPort"])
        case "hostAliases": .keyed(["ip"])
        case "finalizers": .set
        default: common(path)
        }
    }

    static func apply(_ path: [String]) -> ListKind {
        switch path.last ?? "" {
        case "ports":
            parent(path) == "spec" ? .keyed(["port", "protocol"]) : .keyed(["containerPort", "protocol"])
        case "hostAliases": .keyed(["ip"])
        case "finalizers": .set
        case "secrets" where path.count == 1: .keyed(["name"])
        default: common(path)
        }
    }

    private static func common(_ path: [String]) -> ListKind {
        switch path.last ?? "" {
        case "containers", "initContainers", "ephemeralContainers", "volumes", "env", "webhooks",
            "imagePullSecrets",
            "matchConditions", "secrets", "resourceClaims":
            .keyed(["name"])
        case "volumeMounts": .keyed(["mountPath"])
        case "volumeDevices": .keyed(["devicePath"])
        case "topologySpreadConstraints": .keyed(["topologyKey", "whenUnsatisfiable"])
        case "conditions": .keyed(["type"])
        case "ownerReferences": .keyed(["uid"])
        case "podIPs", "hostIPs": .keyed(["ip"])
        default: .atomic
        }
    }

    /// Objects that server-side apply owns as a whole.
    static func isAtomicObject(_ path: [String]) -> Bool {
        switch path.last ?? "" {
        case "podSelector", "labelSelector", "namespaceSelector", "objectSelector", "nodeSelector",
            "fieldRef",
            "resourceFieldRef", "secretKeyRef", "configMapKeyRef", "roleRef", "targetRef", "involvedObject":
            true
        case "selector": true
        default: false
        }
    }

    private static func parent(_ path: [String]) -> String { path.count > 1 ? path[path.count - 2] : "" }
}
