// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One entry of a webhook configuration, and whether a write concerns it.
struct Webhook: Sendable {
    let configuration: String
    let entry: JSONValue

    init(configuration: String, _ entry: JSONValue) {
        self.configuration = configuration
        self.entry = entry
    }

    var name: String { entry.text("name") ?? "" }
    var id: String { "\(configuration)/\(name)" }
    var failsOpen: Bool { entry.text("failurePolicy") == "Ignore" }
    var wantsReinvocation: Bool { entry.text("reinvocationPolicy") == "IfNeeded" }
    var timeoutSeconds: Int { Int(entry.number("timeoutSeconds") ?? 10) }

    func matches(
        _ attributes: AdmissionAttributes, _ object: JSONValue?, _ cluster: Cluster
    ) throws(APIError) -> Bool {
        guard entry.list("rules").contains(where: { Self.matches(rule: $0, attributes) }),
            matchesNamespace(attributes, object, cluster.store), matchesObject(object, attributes.oldObject)
        else { return false }
        return try matchesConditions(attributes, object, cluster)
    }

    static func matches(rule: JSONValue, _ attributes: AdmissionAttributes) -> Bool {
        func has(_ field: String, _ wanted: String) -> Bool {
            rule.list(field).contains { $0.string == "*" || $0.string == wanted }
        }
        guard has("operations", attributes.operation.rawValue), has("apiGroups", attributes.resource.group),
            has("apiVersions", attributes.resource.version)
        else { return false }
        switch rule.text("scope") {
        case "Namespaced": if !attributes.resource.isNamespaced { return false }
        case "Cluster": if attributes.resource.isNamespaced { return false }
        default: break
        }
        return rule.list("resources").compactMap(\.string).contains { pattern in
            let parts = pattern.split(separator: "/", maxSplits: 1)
            let resource = parts.first ?? ""
            let subresource = parts.count > 1 ? String(parts[1]) : ""
            guard resource == "*" || resource == attributes.resource.plural else { return false }
            return subresource == "*" || subresource == attributes.subresource
        }
    }

    private func matchesNamespace(_ attributes: AdmissionAttributes, _ object: JSONValue?, _ store: Store)
        -> Bool
    {
        let selector = Selector(entry.find("namespaceSelector") ?? [:])
        guard !selector.requirements.isEmpty else { return true }
        if attributes.resource == .namespaces {
            return selector.matches((object ?? attributes.oldObject)?.labels ?? [:])
        }
        guard attributes.resource.isNamespaced else { return true }
        return selector.matches(store.object(.namespaces, "", attributes.namespace)?.labels ?? [:])
    }

    private func matchesObject(_ object: JSONValue?, _ old: JSONValue?) -> Bool {
        let selector = Selector(entry.find("objectSelector") ?? [:])
        guard !selector.requirements.isEmpty else { return true }
        return [object, old].compactMap { $0 }.contains { selector.matches($0.labels) }
    }

    /// All must hold; the first false one decides before an error of another does.
    private func matchesConditions(
        _ attributes: AdmissionAttributes, _ object: JSONValue?, _ cluster: Cluster
    ) throws(APIError) -> Bool {
        let conditions = entry.list("matchConditions")
        guard !conditions.isEmpty else { return true }
        let variables: [String: JSONValue] = [
            "object": object ?? .null, "oldObject": attributes.oldObject ?? .null,
            "request": AdmissionReviewBody.request(attributes, object, self, uid: ""),
        ]
        var failures: [String] = []
        for condition in conditions {
            do throws(ExpressionError) {
                let expression = try Expression(parsing: condition.text("expression") ?? "")
                if try !expression.decide(variables) { return false }
            } catch {
                failures.append(error.description)
            }
        }
        guard !failures.isEmpty else { return true }
        cluster.log.note("webhook \(name): match conditions failed: \(failures.joined(separator: "; "))")
        if failsOpen { return false }
        throw APIError(
            code: 403, reason: "Forbidden",
            message: "\(attributes.resource.groupResource) \"\(attributes.name)\" is forbidden: "
                + "failed evaluating match conditions of webhook \"\(name)\": \(failures.joined(separator: ", "))"
        )
    }
}
