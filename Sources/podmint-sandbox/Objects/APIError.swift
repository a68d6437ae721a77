// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A refusal as the API gives it: becomes a `Status` object with its HTTP code.
struct APIError: Error, Sendable {
    var code: Int
    var reason: String
    var message: String
    var details: JSONObject = JSONObject()
    var retryAfter: Int?

    var status: JSONValue {
        var status: JSONValue = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
            "message": .string(message),
        ]
        if !reason.isEmpty { status.put(.string(reason), "reason") }
        var details = details
        if let retryAfter { details["retryAfterSeconds"] = .integer(Int64(retryAfter)) }
        if !details.isEmpty { status.put(.object(details), "details") }
        status.put(.integer(Int64(code)), "code")
        return status
    }

    static func notFound(_ resource: Resource, _ name: String) -> APIError {
        APIError(
            code: 404, reason: "NotFound", message: "\(resource.groupResource) \"\(name)\" not found",
            details: resource.details(name))
    }

    static let noSuchPath = APIError(
        code: 404, reason: "NotFound", message: "the server could not find the requested resource",
        details: JSONObject())

    static func alreadyExists(_ resource: Resource, _ name: String) -> APIError {
        APIError(
            code: 409, reason: "AlreadyExists",
            message: "\(resource.groupResource) \"\(name)\" already exists",
            details: resource.details(name))
    }

    static func conflict(_ resource: Resource, _ name: String, _ why: String = modified) -> APIError {
        APIError(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(resource.groupResource) \"\(name)\": \(why)",
            details: resource.details(name))
    }

    static let modified =
        "the object has been modified; please apply your changes to the latest version and try again"

    static func forbidden(_ resource: Resource, _ name: String, _ why: String) -> APIError {
        let object = name.isEmpty ? "" : " \"\(name)\""
        return APIError(
            code: 403, reason: "Forbidden",
            message: "\(resource.groupResource)\(object) is forbidden: \(why)",
            details: resource.details(name))
    }

    static func badRequest(_ message: String) -> APIError {
        APIError(code: 400, reason: "BadRequest", message: message)
    }

    static func expired(_ message: String) -> APIError {
        APIError(code: 410, reason: "Expired", message: message)
    }

    static func internalError(_ message: String) -> APIError {
        APIError(code: 500, reason: "InternalError", message: "Internal error occurred: \(message)")
    }

    static let unauthorized = APIError(code: 401, reason: "Unauthorized", message: "Unauthorized")

    static func methodNotAllowed(_ resource: Resource) -> APIError {
        APIError(
            code: 405, reason: "MethodNotAllowed",
            message: "the server does not allow this method on the requested resource")
    }

    static func invalid(_ kind: String, group: String, _ name: String, _ causes: [FieldError]) -> APIError {
        let texts = causes.map(\.text)
        let joined = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
        let details: JSONObject = [
            "name": .string(name), "group": .string(group), "kind": .string(kind),
            "causes": .array(causes.map(\.cause)),
        ]
        let qualified = group.isEmpty ? kind : "\(kind).\(group)"
        return APIError(
            code: 422, reason: "Invalid", message: "\(qualified) \"\(name)\" is invalid: \(joined)",
            details: details)
    }
}

/// One fault of one field, worded as the API server words it.
struct FieldError: Sendable, Equatable {
    let field: String
    let reason: String
    let message: String

    var text: String { "\(field): \(message)" }
    var cause: JSONValue {
        ["reason": .string(reason), "message": .string(message), "field": .string(field)]
    }

    static func required(_ field: String, _ detail: String = "") -> FieldError {
        FieldError(
            field: field, reason: "FieldValueRequired",
            message: "Required value" + (detail.isEmpty ? "" : ": \(detail)"))
    }

    static func invalid(_ field: String, _ value: String, _ detail: String) -> FieldError {
        FieldError(
            field: field, reason: "FieldValueInvalid", message: "Invalid value: \"\(value)\": \(detail)")
    }

    static func invalid(_ field: String, _ value: Int64, _ detail: String) -> FieldError {
        FieldError(field: field, reason: "FieldValueInvalid", message: "Invalid value: \(value): \(detail)")
    }

    static func forbidden(_ field: String, _ detail: String) -> FieldError {
        FieldError(field: field, reason: "FieldValueForbidden", message: "Forbidden: \(detail)")
    }

    static func duplicate(_ field: String, _ value: String) -> FieldError {
        FieldError(field: field, reason: "FieldValueDuplicate", message: "Duplicate value: \"\(value)\"")
    }

    static func notSupported(_ field: String, _ value: String, _ wanted: [String]) -> FieldError {
        let list = wanted.map { "\"\($0)\"" }.joined(separator: ", ")
        return FieldError(
            field: field, reason: "FieldValueNotSupported",
            message: "Unsupported value: \"\(value)\": supported values: \(list)")
    }
}
