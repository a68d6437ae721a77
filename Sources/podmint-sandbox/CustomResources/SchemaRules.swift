// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The CEL rules of a schema (`x-kubernetes-validations`), every one that an object meets.
enum SchemaRules {
    static func faults(of value: JSONValue, old: JSONValue?, _ node: SchemaNode, at path: String)
        -> [FieldError]
    {
        guard value != old else { return [] }
        var faults = node.rules.compactMap { fault(of: value, $0, at: path) }
        switch value {
        case .object(let members):
            for (name, member) in members {
                guard let next = node.member(name) else { continue }
                faults += Self.faults(
                    of: member, old: old?.find(name), next, at: path.isEmpty ? name : "\(path).\(name)")
            }
        case .array(let elements):
            guard let next = node.elements else { break }
            for (index, element) in elements.enumerated() {
                faults += Self.faults(of: element, old: nil, next, at: "\(path)[\(index)]")
            }
        default: break
        }
        return faults
    }

    private static func fault(of value: JSONValue, _ rule: SchemaRule, at path: String) -> FieldError? {
        let message = rule.message ?? "failed rule: \(rule.text)"
        // Objects are not repeated in the message, scalars are.
        let isScalar = value.object == nil && value.array == nil
        let detail: String
        do throws(ExpressionError) {
            guard try !rule.expression.decide(["self": value]) else { return nil }
            detail = isScalar ? "\(value.text): \(message)" : message
        } catch {
            detail =
                "\(isScalar ? "\"string\"" : "\"object\""): \(error.description) evaluating rule: \(message)"
        }
        return FieldError(
            field: path.isEmpty ? "<nil>" : path, reason: rule.reason, message: "Invalid value: \(detail)")
    }
}
