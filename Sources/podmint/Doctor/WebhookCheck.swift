// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import OpenSSL

/// Whether a webhook configuration is what `podmint manifests` prints: each entry there, complete, and no other.
///
/// The API server fills in defaults, so what is printed must be in what is there, and more may be.
struct WebhookCheck {
    let kind: String
    /// As printed.
    let wanted: JSONValue

    private var object: String { "\(kind) podmint" }
    private static let code = "WebhookConfiguration"
    private static let apply = "apply what `podmint manifests` prints (with the flags of your installation)"

    func findings(_ found: JSONValue?) -> [Diagnosis] {
        guard let found else {
            return [
                .faulty(
                    Self.code, object, "is not there, so nothing is injected or refused",
                    fix: Self.apply)
            ]
        }
        let there = found["webhooks"]?.array ?? []
        let entries = wanted["webhooks"]?.array ?? []
        var faults: [Diagnosis] = []
        for entry in entries {
            guard let live = there.first(where: { $0["name"] == entry["name"] }) else {
                faults.append(
                    .faulty(
                        Self.code, object, "lacks the entry \(Self.name(entry))",
                        fix: Self.apply))
                continue
            }
            if let difference = Self.difference(entry, live) {
                faults.append(
                    .faulty(
                        Self.code, object, "entry \(Self.name(entry)): \(difference)", fix: Self.apply))
            }
        }
        let names = Set(entries.map(Self.name))
        for live in there where !names.contains(Self.name(live)) {
            faults.append(
                .faulty(
                    "LeftoverWebhook", object,
                    "has the entry \(Self.name(live)), which this version does not know",
                    fix:
                        "\(Self.apply) with --force-conflicts, or take the entry out with kubectl edit; a newer podmint knows it perhaps"
                ))
        }
        guard faults.isEmpty else { return faults }
        return [
            .good(
                Self.code, object,
                "has its \(entries.count) entr\(entries.count == 1 ? "y" : "ies"), complete")
        ]
    }

    /// Webhooks of podmint's in configurations that are not podmint's: of an older version, or somebody's copy.
    static func strays(_ configurations: [JSONValue], kind: String) -> [Diagnosis] {
        configurations.filter { $0.at("metadata", "name") != "podmint" }.flatMap { configuration in
            (configuration["webhooks"]?.array ?? []).map(name).filter { $0.hasSuffix(".podmint.dev") }.map {
                let name = configuration.at("metadata", "name")?.string ?? ""
                return Diagnosis.faulty(
                    "LeftoverWebhook", "\(kind) \(name)", "holds the entry \($0), which belongs to podmint",
                    fix: "kubectl delete \(kind.lowercased()) \(name), if nobody else needs it")
            }
        }
    }

    private static func name(_ entry: JSONValue) -> String { entry["name"]?.string ?? "" }

    /// The first member that is printed and not there so.
    private static func difference(_ wanted: JSONValue, _ found: JSONValue) -> String? {
        for (key, value) in wanted.object ?? [:] {
            // Where the server runs is the installation's own; that there is a way is asked by trying it.
            if key == "clientConfig" {
                let path = value.at("service", "path")?.string ?? ""
                let config = found["clientConfig"]
                let live = config?.at("service", "path")?.string ?? config?["url"]?.string ?? ""
                guard live.hasSuffix(path) else { return "clientConfig leads to \(live), wanted \(path)" }
                continue
            }
            if key == "namespaceSelector" {
                guard narrows(value, found[key] ?? .null) else {
                    return "\(key) is \(brief(found[key] ?? .null)), which does not imply \(brief(value))"
                }
                continue
            }
            guard contains(value, found[key] ?? .null) else {
                return "\(key) is \(brief(found[key] ?? .null)), wanted \(brief(value))"
            }
        }
        return nil
    }

    /// Namespaces may be taken out besides ours, never put in: by more values of a NotIn, by more expressions, by labels.
    private static func narrows(_ wanted: JSONValue, _ found: JSONValue) -> Bool {
        let there = found["matchExpressions"]?.array ?? []
        return (wanted["matchExpressions"]?.array ?? []).allSatisfy { expression in
            let alike = there.filter {
                $0["key"] == expression["key"] && $0["operator"] == expression["operator"]
            }
            let values = values(of: expression)
            // All expressions hold at once.
            return expression["operator"] == "NotIn"
                ? values.isSubset(of: alike.flatMap(Self.values))
                : alike.contains { values == Self.values(of: $0) }
        }
    }

    private static func values(of expression: JSONValue) -> Set<String> {
        Set(expression["values"]?.array?.compactMap(\.string) ?? [])
    }

    private static func contains(_ wanted: JSONValue, _ found: JSONValue) -> Bool {
        switch (wanted, found) {
        case (.object(let wanted), .object(let found)):
            return wanted.allSatisfy { contains($0.value, found[$0.key] ?? .null) }
        case (.array(let wanted), .array(let found)):
            return wanted.count == found.count && zip(wanted, found).allSatisfy(contains)
        // An API server keeps no empty list.
        case (.array(let wanted), .null): return wanted.isEmpty
        default: return wanted == found
        }
    }

    private static func brief(_ value: JSONValue) -> String {
        let text = value.text
        return text.count <= 160 ? text : "\(text.prefix(160))…"
    }
}
