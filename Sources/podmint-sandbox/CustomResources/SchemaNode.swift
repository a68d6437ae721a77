// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One node of a CustomResourceDefinition's structural schema, read once.
///
/// Two are equal only if they are the same: a definition that is written anew makes new ones.
final class SchemaNode: Sendable {
    /// Nil where anything may stand.
    let type: String?
    let fields: [(name: String, node: SchemaNode)]
    /// What `additionalProperties` says of an object's other members.
    let values: SchemaNode?
    let elements: SchemaNode?
    let required: [String]
    let rules: [SchemaRule]
    let keepsUnknown: Bool
    let isNullable: Bool
    let isIntegerOrText: Bool
    let standard: JSONValue?
    /// Bounds, enums, patterns and list types are looked up as they stand.
    let source: JSONValue

    /// Refuses CEL that the sandbox cannot evaluate, saying where.
    init(_ schema: JSONValue, at path: String = "") throws(SchemaError) {
        source = schema
        type = schema.text("type")
        var fields: [(String, SchemaNode)] = []
        for (name, field) in schema.fields("properties") {
            fields.append((name, try SchemaNode(field, at: "\(path).properties[\(name)]")))
        }
        self.fields = fields
        // `additionalProperties: true` keeps what stands there without looking at it.
        if let values = schema.find("additionalProperties"), values.object != nil {
            self.values = try SchemaNode(values, at: "\(path).additionalProperties")
        } else {
            values = nil
        }
        if let items = schema.find("items") {
            elements = try SchemaNode(items, at: "\(path).items")
        } else {
            elements = nil
        }
        required = schema.list("required").compactMap(\.string)
        keepsUnknown =
            schema.flag("x-kubernetes-preserve-unknown-fields") || schema.flag("additionalProperties")
        isNullable = schema.flag("nullable")
        isIntegerOrText = schema.flag("x-kubernetes-int-or-string")
        standard = schema.find("default")
        var rules: [SchemaRule] = []
        for (index, rule) in schema.list("x-kubernetes-validations").enumerated() {
            rules.append(try SchemaRule(rule, at: "\(path).x-kubernetes-validations[\(index)].rule"))
        }
        self.rules = rules
    }

    func field(_ name: String) -> SchemaNode? { fields.first { $0.name == name }?.node }

    /// What an object's member must be; nil where the schema does not know it.
    func member(_ name: String) -> SchemaNode? { field(name) ?? values }
}

extension SchemaNode: Hashable {
    static func == (left: SchemaNode, right: SchemaNode) -> Bool { left === right }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// One element of `x-kubernetes-validations`.
struct SchemaRule: Sendable {
    let expression: Expression
    let text: String
    let message: String?
    let reason: String

    init(_ rule: JSONValue, at path: String) throws(SchemaError) {
        text = rule.text("rule") ?? ""
        message = rule.text("message")
        reason = rule.text("reason") ?? "FieldValueInvalid"
        guard rule.find("messageExpression") == nil else {
            throw SchemaError(
                field: path, value: text,
                why: "this sandbox cannot evaluate messageExpression; a real API server can")
        }
        do throws(ExpressionError) {
            expression = try Expression(parsing: text, variables: ["self"])
        } catch {
            throw SchemaError(field: path, value: text, why: error.description)
        }
    }
}

/// A schema that cannot be used, and where.
struct SchemaError: Error {
    let field: String
    let value: String
    let why: String
}
