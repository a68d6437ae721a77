// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Who asks: what authentication found out, as `userInfo` and reviews show it.
struct Identity: Sendable, Equatable {
    var username: String
    var uid = ""
    var groups: [String]
    var extra: [String: [String]] = [:]

    static let anonymous = Identity(username: "system:anonymous", groups: ["system:unauthenticated"])
    static let admin = Identity(
        username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"])
    static let scheduler = Identity(username: "system:kube-scheduler", groups: ["system:authenticated"])

    static func node(_ name: String) -> Identity {
        Identity(username: "system:node:\(name)", groups: ["system:nodes", "system:authenticated"])
    }

    static func controller(_ name: String) -> Identity {
        serviceAccount(namespace: "kube-system", name: name, uid: "")
    }

    static func serviceAccount(namespace: String, name: String, uid: String) -> Identity {
        Identity(
            username: "system:serviceaccount:\(namespace):\(name)", uid: uid,
            groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"])
    }

    var isAllPowerful: Bool {
        // The cluster's own controllers act through the same door; their rights are not what a sandbox tests.
        groups.contains("system:masters") || username.hasPrefix("system:serviceaccount:kube-system:")
            || username == "system:kube-scheduler" || groups.contains("system:nodes")
    }

    var userInfo: JSONValue {
        var info: JSONValue = ["username": .string(username)]
        if !uid.isEmpty { info.put(.string(uid), "uid") }
        info.put(.texts(groups), "groups")
        if !extra.isEmpty {
            var fields = JSONObject()
            for (key, values) in extra.sorted(by: { $0.key < $1.key }) { fields[key] = .texts(values) }
            info.put(.object(fields), "extra")
        }
        return info
    }
}
