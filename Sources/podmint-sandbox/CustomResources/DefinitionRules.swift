// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What a CustomResourceDefinition must say so that the sandbox can serve it as an API server would.
///
/// The cost of CEL rules is not reckoned here: only a real API server refuses those that are too dear.
enum DefinitionRules {
    static func faults(_ definition: JSONValue) -> [FieldError] {
        let plural = definition.text("spec", "names", "plural") ?? ""
        let name = "\(plural).\(definition.text("spec", "group") ?? "")"
        var faults: [FieldError] = []
        if definition.name != name {
            faults.append(
                .invalid("metadata.name", definition.name, "must be spec.names.plural+\".\"+spec.group"))
        }
        if let scope = definition.text("spec", "scope") {
            if !["Cluster", "Namespaced"].contains(scope) {
                faults.append(.notSupported("spec.scope", scope, ["Cluster", "Namespaced"]))
            }
        } else {
            faults.append(.required("spec.scope"))
        }
        let versions = definition.list("spec", "versions")
        if versions.filter({ $0.flag("storage") }).count != 1 {
            faults.append(
                .invalid(
                    "spec.versions", definition.text("spec", "group") ?? "",
                    "must have exactly one version marked as storage version"))
        }
        for (index, version) in versions.enumerated() {
            let path = "spec.versions[\(index)].schema.openAPIV3Schema"
            guard let schema = version.find("schema", "openAPIV3Schema") else {
                faults.append(.required(path, "schemas are required"))
                continue
            }
            faults += structure(schema, at: path, isRoot: true)
            do throws(SchemaError) { _ = try SchemaNode(schema, at: path) } catch {
                faults.append(.invalid(error.field, error.value, error.why))
            }
        }
        return faults
    }

    /// Structural: every node says what it is.
    private static func structure(_ node: JSONValue, at path: String, isRoot: Bool = false) -> [FieldError] {
        var faults: [FieldError] = []
        let isFree =
            node.flag("x-kubernetes-preserve-unknown-fields") || node.flag("x-kubernetes-int-or-string")
        switch node.text("type") {
        case nil where isRoot || !isFree:
            faults.append(.required("\(path).type", "must not be empty for specified object fields"))
        case "object"?, nil: break
        case let type? where isRoot:
            faults.append(.invalid("\(path).type", type, "must be object at the root"))
        case "array"? where node.find("items") == nil:
            faults.append(.required("\(path).items", "must be specified"))
        default: break
        }
        if let pattern = node.text("pattern"), !TextPattern.isReadable(pattern) {
            faults.append(.invalid("\(path).pattern", pattern, "must be a valid regular expression"))
        }
        for (name, field) in node.fields("properties") {
            faults += structure(field, at: "\(path).properties[\(name)]")
        }
        if let items = node.find("items") { faults += structure(items, at: "\(path).items") }
        if let values = node.find("additionalProperties"), values.object != nil {
            faults += structure(values, at: "\(path).additionalProperties")
        }
        return faults
    }
}
