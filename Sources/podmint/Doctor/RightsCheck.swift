// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesClient

/// Whether podmint's service account has each right that the manifests give it.
struct RightsCheck {
    struct Right: Hashable {
        let group: String
        let resource: String
        let verb: String
        /// Empty for all of a kind.
        let name: String
        /// Empty for all namespaces.
        let namespace: String

        var text: String {
            let kind = group.isEmpty ? resource : "\(resource).\(group)"
            let one = name.isEmpty ? "" : " \(name)"
            return "\(verb) \(kind)\(one)" + (namespace.isEmpty ? "" : " in \(namespace)")
        }
    }

    let rights: [Right]
    private let namespace: String

    private static let code = "MissingRight"

    /// The rules of the ClusterRole and Role `podmint`, one right for each combination. What an admin binds besides is not
    /// asked for: it may be missing.
    init(options: InstallOptions) {
        namespace = options.namespace
        rights = Rights(options: options).objects.flatMap { object -> [Right] in
            guard object.at("metadata", "name") == "podmint", let rules = object["rules"]?.array else {
                return []
            }
            let namespace = object.at("metadata", "namespace")?.string ?? ""
            return rules.flatMap { Self.rights(of: $0, in: namespace) }
        }
    }

    private static func rights(of rule: JSONValue, in namespace: String) -> [Right] {
        func list(_ key: String) -> [String] { rule[key]?.array?.compactMap(\.string) ?? [] }
        let names = list("resourceNames").isEmpty ? [""] : list("resourceNames")
        return list("apiGroups").flatMap { group in
            list("resources").flatMap { resource in
                list("verbs").flatMap { verb in
                    names.map {
                        Right(group: group, resource: resource, verb: verb, name: $0, namespace: namespace)
                    }
                }
            }
        }
    }

    private var account: String { "ServiceAccount \(namespace)/podmint" }

    /// A SubjectAccessReview of podmint's account.
    func question(_ right: Right) -> JSONValue {
        var attributes: JSONObject = [
            "verb": .string(right.verb), "group": .string(right.group), "resource": .string(right.resource),
        ]
        if !right.name.isEmpty { attributes["name"] = .string(right.name) }
        if !right.namespace.isEmpty { attributes["namespace"] = .string(right.namespace) }
        return [
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": [
                "user": .string("system:serviceaccount:\(namespace):podmint"),
                "groups": [
                    "system:serviceaccounts", .string("system:serviceaccounts:\(namespace)"),
                    "system:authenticated",
                ],
                "resourceAttributes": .object(attributes),
            ],
        ]
    }

    /// One line for all, or one for each right that is missing.
    func findings(_ answers: [(right: Right, isAllowed: Look<Bool>)]) -> [Finding] {
        var missing: [Finding] = []
        for (right, answer) in answers {
            switch answer {
            case .failure(let error): return [.unseen(Self.code, account, error)]
            case .success(true): continue
            case .success(false):
                missing.append(
                    .faulty(
                        Self.code, account, "may not \(right.text)",
                        fix: "apply what `podmint manifests` prints: its roles have what this version needs"))
            }
        }
        guard missing.isEmpty else { return missing }
        return [.good(Self.code, account, "has all \(answers.count) rights")]
    }
}
