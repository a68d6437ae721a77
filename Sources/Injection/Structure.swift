// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

extension JSONView {
    /// Whether everything wanted is here. More may be: the API server fills in defaults, and other mutators add to all
    /// containers alike. Arrays must be alike element by element.
    func holds(_ wanted: JSONValue) -> Bool {
        switch wanted {
        case .null: isNull
        case .bool(let wanted): bool == wanted
        case .integer(let wanted): integer == wanted
        case .unsigned(let wanted): unsigned == wanted
        case .double(let wanted): double == wanted
        case .string(let wanted): string == wanted
        case .array(let wanted):
            count == wanted.count && isArray && zip(elements, wanted).allSatisfy { $0.holds($1) }
        case .object(let wanted):
            isObject && wanted.allSatisfy { key, value in self[key]?.holds(value) ?? false }
        }
    }
}

/// How a container named `podmint-agent` compares with the one wanted.
struct AgentComparison {
    /// Top-level fields that differ, `env` and `volumeMounts` by their entries: `env PODMINT_SERVER`.
    private(set) var changed: [String] = []
    private(set) var missing: [String] = []

    init(_ found: JSONView, wanted: JSONValue) {
        guard let wanted = wanted.object else { return }
        for (field, value) in wanted {
            switch field {
            case "image":
                if !Self.isSameImage(found["image"]?.string ?? "", value.string ?? "") {
                    changed.append(field)
                }
            case "env": compare(found[field], value, field, by: "name")
            case "volumeMounts": compare(found[field], value, field, by: "mountPath")
            case "securityContext":
                // A capability added beside `drop` would slip through `holds`.
                let adds = found[field]?.at("capabilities", "add")?.count ?? 0
                note(field, found[field], isAlike: adds == 0 && found[field]?.holds(value) == true)
            default: note(field, found[field], isAlike: found[field]?.holds(value) == true)
            }
        }
        // Of a certificate that the pod does not get any more, or of a number that another certificate has now.
        let known = Set((wanted["env"]?.array ?? []).compactMap { $0["name"]?.string })
        for entry in found["env"].map({ Array($0.elements) }) ?? [] {
            guard let name = entry["name"]?.string, name.hasPrefix("PODMINT_"), !known.contains(name) else {
                continue
            }
            changed.append("env \(name)")
        }
        // Variables from elsewhere could be anything; issuance does not take an agent that has them.
        if found["envFrom"]?.count ?? 0 > 0 { changed.append("envFrom") }
        if !wanted.has("resources"), Self.asksForSomething(found["resources"]) { changed.append("resources") }
    }

    var isAlike: Bool { changed.isEmpty && missing.isEmpty }

    /// Whether a container is ours, however much was done to it, and not somebody else's of that name.
    static func isRecognisable(_ found: JSONView) -> Bool {
        let runsAgent = found["command"]?[0]?.isString("/podmint-agent") == true
        return runsAgent
            || (found["env"]?.elements.contains { $0["name"]?.isString("PODMINT_SERVER") == true } ?? false)
    }

    /// Clusters send images through mirrors and pin digests: what follows the last slash has to stay, a digest may be added.
    static func isSameImage(_ found: String, _ wanted: String) -> Bool {
        guard found != wanted else { return true }
        func base(_ image: String) -> Substring { image.split(separator: "/").last ?? "" }
        let (found, wanted) = (base(found), base(wanted))
        return !wanted.isEmpty && (found == wanted || found.hasPrefix(wanted + "@sha256:"))
    }

    private mutating func note(_ field: String, _ found: JSONView?, isAlike: Bool) {
        guard !isAlike else { return }
        if found == nil { missing.append(field) } else { changed.append(field) }
    }

    /// Lists whose entries have a name: each wanted one must be there once and alike.
    private mutating func compare(_ found: JSONView?, _ wanted: JSONValue, _ field: String, by key: String) {
        for entry in wanted.array ?? [] {
            guard let name = entry[key]?.string else { continue }
            let same = found?.elements.filter { $0[key]?.string == name } ?? []
            if same.isEmpty {
                missing.append("\(field) \(name)")
            } else if same.count > 1 || !same[0].holds(entry) {
                changed.append("\(field) \(name)")
            }
        }
    }

    private static func asksForSomething(_ resources: JSONView?) -> Bool {
        resources?["requests"]?.count ?? 0 > 0 || resources?["limits"]?.count ?? 0 > 0
    }
}
