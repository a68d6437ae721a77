// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A custom object against its schema: first the schema alone, then its CEL rules, in the API server's words.
///
/// Of an update only what changed is judged, as API servers do since 1.33: what was stored under an older schema may stay.
struct SchemaValidation {
    private(set) var faults: [FieldError] = []
    /// What the messages leave out of a path: on the status subresource they begin below `status`.
    private let hidden: String

    static func faults(of object: JSONValue, _ schema: SchemaNode, old: JSONValue?, isStatus: Bool)
        -> [FieldError]
    {
        var (value, before, node, path): (JSONValue?, JSONValue?, SchemaNode?, String) = (
            object, old, schema, ""
        )
        if isStatus {
            (value, before, node, path) = (
                object.find("status"), old?.find("status"), schema.field("status"), "status"
            )
        }
        guard let value, let node else { return [] }
        var validation = SchemaValidation(hidden: isStatus ? "status." : "")
        validation.check(value, old: before, node, at: path)
        guard !validation.faults.contains(where: \.blocksRules) else {
            return validation.faults + [.someRulesWereSkipped]
        }
        return validation.faults + SchemaRules.faults(of: value, old: before, node, at: path)
    }

    private init(hidden: String) { self.hidden = hidden }

    private mutating func check(_ value: JSONValue, old: JSONValue?, _ node: SchemaNode, at path: String) {
        guard value != old, !(value.isNull && node.isNullable) else { return }
        let allowed = node.source.list("enum")
        if !allowed.isEmpty, !allowed.contains(value) {
            faults.append(.notSupported(path, json: value, allowed.compactMap(\.string)))
        }
        guard node.accepts(value) else {
            let (kind, wanted) = (value.kindName, node.type ?? "")
            return faults.append(
                FieldError(
                    field: path, reason: "FieldValueTypeInvalid",
                    message:
                        "Invalid value: \"\(kind)\": \(shown(path)) in body must be of type \(wanted): \"\(kind)\""
                ))
        }
        switch value {
        case .object(let members): check(members, old: old?.object, node, at: path)
        case .array(let elements): check(elements, node, at: path)
        case .string(let text): check(text, node, at: path)
        case .integer(let number): check(number, node, at: path)
        default: break
        }
    }

    private mutating func check(_ members: JSONObject, old: JSONObject?, _ node: SchemaNode, at path: String)
    {
        for name in node.required where members[name] == nil {
            faults.append(.required(path.isEmpty ? name : "\(path).\(name)"))
        }
        check(count: members.count, node, "Properties", at: path)
        for (name, member) in members {
            // A whole object's metadata has rules of its own.
            guard let next = node.member(name), !(path.isEmpty && name == "metadata") else { continue }
            check(member, old: old?[name], next, at: path.isEmpty ? name : "\(path).\(name)")
        }
    }

    private mutating func check(_ elements: [JSONValue], _ node: SchemaNode, at path: String) {
        check(count: elements.count, node, "Items", at: path)
        if let next = node.elements {
            for (index, element) in elements.enumerated() {
                check(element, old: nil, next, at: "\(path)[\(index)]")
            }
        }
        let keys = node.source.list("x-kubernetes-list-map-keys").compactMap(\.string)
        let kind = node.source.text("x-kubernetes-list-type")
        guard kind == "set" || kind == "map" else { return }
        var seen: Set<JSONValue> = []
        for (index, element) in elements.enumerated() {
            var identity = element
            if kind == "map" {
                var key = JSONObject()
                for name in keys { key[name] = element.find(name) }
                identity = .object(key)
            }
            if !seen.insert(identity).inserted {
                faults.append(
                    FieldError(
                        field: "\(path)[\(index)]", reason: "FieldValueDuplicate",
                        message: "Duplicate value: \(identity.text)"))
            }
        }
    }

    private mutating func check(count: Int, _ node: SchemaNode, _ what: String, at path: String) {
        if let least = node.source.number("min\(what)"), count < least {
            faults.append(
                .invalid(
                    path, Int64(count),
                    "\(shown(path)) in body should have at least \(least) \(what.lowercased())"))
        }
        if let most = node.source.number("max\(what)"), count > most {
            faults.append(
                FieldError(
                    field: path, reason: "FieldValueTooMany",
                    message: "Too many: \(count): must have at most \(most) items"))
        }
    }

    /// The first fault of a text is the one told.
    private mutating func check(_ text: String, _ node: SchemaNode, at path: String) {
        let length = text.unicodeScalars.count
        if let most = node.source.number("maxLength"), length > most {
            faults.append(
                FieldError(
                    field: path, reason: "FieldValueTooLong",
                    message: "Too long: may not be more than \(most) bytes"))
        } else if let least = node.source.number("minLength"), length < least {
            faults.append(
                .invalid(path, text, "\(shown(path)) in body should be at least \(least) chars long"))
        } else if let pattern = node.source.text("pattern"), !TextPattern.matches(pattern, text) {
            faults.append(.invalid(path, text, "\(shown(path)) in body should match '\(pattern)'"))
        }
        if node.source.text("format") == "date-time", Moment.seconds(text) == nil {
            faults.append(
                FieldError(
                    field: path, reason: "FieldValueTypeInvalid",
                    message:
                        "Invalid value: \"\(text)\": \(shown(path)) in body must be of type date-time: \"\(text)\""
                ))
        }
    }

    private mutating func check(_ number: Int64, _ node: SchemaNode, at path: String) {
        if let least = node.source.number("minimum"), number < least {
            faults.append(
                .invalid(path, number, "\(shown(path)) in body should be greater than or equal to \(least)"))
        }
        if let most = node.source.number("maximum"), number > most {
            faults.append(
                .invalid(path, number, "\(shown(path)) in body should be less than or equal to \(most)"))
        }
    }

    private func shown(_ path: String) -> String {
        path.hasPrefix(hidden) ? String(path.dropFirst(hidden.count)) : path
    }
}

extension SchemaNode {
    fileprivate func accepts(_ value: JSONValue) -> Bool {
        if isIntegerOrText { return value.integer != nil || value.string != nil }
        guard let type else { return true }
        return type == "number" ? ["integer", "number"].contains(value.kindName) : value.kindName == type
    }
}

extension JSONValue {
    /// The type's name in a message.
    fileprivate var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer, .unsigned: "integer"
        case .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension FieldError {
    /// Faults after which the API server does not trust the object to be what the CEL rules were compiled for.
    fileprivate var blocksRules: Bool {
        [
            "FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany",
            "FieldValueTypeInvalid",
        ].contains(reason)
    }

    fileprivate static let someRulesWereSkipped = FieldError(
        field: "<nil>", reason: "FieldValueInvalid",
        message:
            "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"
    )

    fileprivate static func notSupported(_ field: String, json value: JSONValue, _ wanted: [String])
        -> FieldError
    {
        FieldError(
            field: field, reason: "FieldValueNotSupported",
            message:
                "Unsupported value: \(value.text): supported values: \(wanted.map { "\"\($0)\"" }.joined(separator: ", "))"
        )
    }
}
