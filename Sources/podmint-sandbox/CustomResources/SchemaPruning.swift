// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What decoding does to a custom object: drops what its schema does not know and nulls that may not be, fills in defaults.
enum SchemaPruning {
    /// Returns the paths of what was dropped, sorted.
    static func prune(_ object: inout JSONValue, _ schema: SchemaNode) -> [String] {
        var unknown: [String] = []
        var fields = JSONObject()
        for (name, value) in object.object ?? [:] {
            switch name {
            case "apiVersion", "kind": fields[name] = value
            case "metadata": fields[name] = metadata(value, &unknown)
            default:
                guard let node = schema.member(name) else {
                    if schema.keepsUnknown { fields[name] = value } else { unknown.append(name) }
                    continue
                }
                if value.isNull, !node.isNullable, node.standard == nil { continue }
                fields[name] = kept(value, node, name, &unknown)
            }
        }
        object = .object(fields)
        return unknown.sorted()
    }

    static func fillDefaults(_ object: inout JSONValue, _ schema: SchemaNode) {
        object = filled(object, schema)
    }

    private static func metadata(_ value: JSONValue, _ unknown: inout [String]) -> JSONValue {
        guard let members = value.object else { return value }
        var fields = JSONObject()
        for (name, value) in members {
            if metadataFields.contains(name) {
                fields[name] = value
            } else {
                unknown.append("metadata.\(name)")
            }
        }
        return .object(fields)
    }

    private static func kept(
        _ value: JSONValue, _ node: SchemaNode, _ path: String, _ unknown: inout [String]
    ) -> JSONValue {
        switch value {
        case .object(let members):
            var fields = JSONObject()
            for (name, member) in members {
                guard let next = node.member(name) else {
                    if node.keepsUnknown { fields[name] = member } else { unknown.append("\(path).\(name)") }
                    continue
                }
                if member.isNull, !next.isNullable, next.standard == nil { continue }
                fields[name] = kept(member, next, "\(path).\(name)", &unknown)
            }
            return .object(fields)
        case .array(let elements):
            guard let next = node.elements else { return value }
            return .array(
                elements.enumerated().map { kept($0.element, next, "\(path)[\($0.offset)]", &unknown) })
        default: return value
        }
    }

    private static func filled(_ value: JSONValue, _ node: SchemaNode) -> JSONValue {
        switch value {
        case .object(var members):
            for (name, field) in node.fields {
                let present = members[name]
                if present == nil || present == .null && !field.isNullable, let standard = field.standard {
                    members[name] = standard
                }
                if let value = members[name] { members[name] = filled(value, field) }
            }
            for (name, member) in members where node.field(name) == nil {
                if let values = node.values { members[name] = filled(member, values) }
            }
            return .object(members)
        case .array(let elements):
            guard let next = node.elements else { return value }
            return .array(elements.map { filled($0, next) })
        default: return value
        }
    }

    private static let metadataFields: Set<String> = [
        "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation",
        "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations",
        "ownerReferences", "finalizers", "managedFields",
    ]
}
