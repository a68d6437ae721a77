// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The AdmissionReview v1 that goes to a webhook, member for member as an API server writes it.
enum AdmissionReviewBody {
    static func bytes(
        _ attributes: AdmissionAttributes, _ object: JSONValue?, _ webhook: Webhook, uid: String
    ) -> [UInt8] {
        let review: JSONValue = [
            "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
            "request": request(attributes, object, webhook, uid: uid),
        ]
        return escapedForHTML(review.serialized()) + [0x0a]
    }

    static func request(
        _ attributes: AdmissionAttributes, _ object: JSONValue?, _ webhook: Webhook, uid: String
    ) -> JSONValue {
        let resource = attributes.resource
        let kind: JSONValue = [
            "group": .string(resource.group), "version": .string(resource.version),
            "kind": .string(resource.kind),
        ]
        let path: JSONValue = [
            "group": .string(resource.group), "version": .string(resource.version),
            "resource": .string(resource.plural),
        ]
        var request: JSONValue = ["uid": .string(uid), "kind": kind, "resource": path]
        if !attributes.subresource.isEmpty { request.put(.string(attributes.subresource), "subResource") }
        request.put(kind, "requestKind")
        request.put(path, "requestResource")
        if !attributes.subresource.isEmpty {
            request.put(.string(attributes.subresource), "requestSubResource")
        }
        if !attributes.name.isEmpty { request.put(.string(attributes.name), "name") }
        if !attributes.namespace.isEmpty { request.put(.string(attributes.namespace), "namespace") }
        request.put(.string(attributes.operation.rawValue), "operation")
        request.put(attributes.identity.userInfo, "userInfo")
        request.put(object ?? .null, "object")
        request.put(attributes.oldObject ?? .null, "oldObject")
        request.put(.bool(attributes.isDryRun), "dryRun")
        request.put(attributes.options, "options")
        return request
    }

    /// Go's encoder writes `<`, `>` and `&` as escapes; in JSON they can only stand within strings.
    private static func escapedForHTML(_ json: [UInt8]) -> [UInt8] {
        guard json.contains(where: { $0 == 0x3c || $0 == 0x3e || $0 == 0x26 }) else { return json }
        var escaped: [UInt8] = []
        escaped.reserveCapacity(json.count + 64)
        for byte in json {
            switch byte {
            case 0x3c: escaped += Array("\\u003c".utf8)
            case 0x3e: escaped += Array("\\u003e".utf8)
            case 0x26: escaped += Array("\\u0026".utf8)
            default: escaped.append(byte)
            }
        }
        return escaped
    }
}
