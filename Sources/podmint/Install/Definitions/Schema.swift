// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One field of a structural OpenAPI v3 schema, as a CustomResourceDefinition carries it.
///
/// It cannot be made without a description, so that `kubectl explain` has something to say about every field, and
/// every text, list and map has an upper bound: the API server counts the cost of CEL rules by them.
struct Schema {
    private(set) var value: JSONValue

    static func text(_ description: String, pattern: String? = nil, upTo longest: Int64) -> Schema {
        var schema = Schema("string", description)
        schema.value["minLength"] = 1
        schema.value["maxLength"] = .integer(longest)
        if let pattern { schema.value["pattern"] = .string(pattern) }
        return schema
    }

    static func choice(_ description: String, _ words: [String]) -> Schema {
        var schema = Schema("string", description)
        schema.value["enum"] = .strings(words)
        return schema
    }

    static func flag(_ description: String) -> Schema { Schema("boolean", description) }

    static func count(_ description: String) -> Schema {
        var schema = Schema("integer", description)
        schema.value["format"] = "int64"
        schema.value["minimum"] = 0
        return schema
    }

    static func moment(_ description: String) -> Schema {
        var schema = Schema("string", description)
        schema.value["format"] = "date-time"
        return schema
    }

    /// `kind` is what server-side apply takes the list for: `atomic`, `set` or `map`.
    static func list(
        _ description: String, of element: Schema, upTo most: Int64, atLeast least: Int64 = 0,
        kind: String = "atomic", keys: [String] = []
    ) -> Schema {
        var schema = Schema("array", description)
        schema.value["items"] = element.value
        if least > 0 { schema.value["minItems"] = .integer(least) }
        schema.value["maxItems"] = .integer(most)
        schema.value["x-kubernetes-list-type"] = .string(kind)
        if !keys.isEmpty { schema.value["x-kubernetes-list-map-keys"] = .strings(keys) }
        return schema
    }

    static func map(_ description: String, of element: Schema, upTo most: Int64) -> Schema {
        var schema = Schema("object", description)
        schema.value["additionalProperties"] = element.value
        schema.value["maxProperties"] = .integer(most)
        return schema
    }

    static func object(_ description: String, _ fields: [(String, Schema)], required: [String] = []) -> Schema
    {
        var schema = Schema("object", description)
        var properties = JSONObject()
        for (name, field) in fields { properties[name] = field.value }
        schema.value["properties"] = .object(properties)
        if !required.isEmpty { schema.value["required"] = .strings(required) }
        return schema
    }

    /// An object whose content another API defines.
    static func foreign(_ description: String) -> Schema {
        var schema = Schema("object", description)
        schema.value["x-kubernetes-preserve-unknown-fields"] = true
        return schema
    }

    /// Server-side apply takes it as a whole, as it does selectors.
    func atomic() -> Schema { with("x-kubernetes-map-type", "atomic") }

    func notEmpty() -> Schema { with("minProperties", 1) }

    func allowingEmpty() -> Schema {
        var changed = self
        changed.value["minLength"] = nil
        return changed
    }

    func defaulting(to value: JSONValue) -> Schema { with("default", value) }

    /// A CEL rule over `self`, and what the user reads where it does not hold.
    func rule(_ expression: String, _ message: String) -> Schema {
        let rules = value["x-kubernetes-validations"]?.array ?? []
        return with(
            "x-kubernetes-validations",
            .array(rules + [["rule": .string(expression), "message": .string(message)]]))
    }

    private func with(_ key: String, _ member: JSONValue) -> Schema {
        var changed = self
        changed.value[key] = member
        return changed
    }

    private init(_ type: String, _ description: String) {
        value = ["type": .string(type), "description": .string(description)]
    }
}
