// SPDX-License-Identifier: Apache-2.0
package import JSON

/// What an API server asks of a webhook: the `request` of an AdmissionReview (admission.k8s.io/v1).
///
/// Refuses every other version, since a v1 answer to a v1beta1 review fails at the server anyway.
package struct AdmissionRequest {
    package enum Operation: String, Sendable {
        case create = "CREATE", update = "UPDATE", delete = "DELETE", connect = "CONNECT"
    }

    /// `metav1.GroupVersionResource`.
    package struct Resource: Hashable, Sendable, CustomStringConvertible {
        package let group, version, resource: String

        package init(group: String, version: String, resource: String) {
            (self.group, self.version, self.resource) = (group, version, resource)
        }

        package static let pods = Resource(group: "", version: "v1", resource: "pods")
        package static let secrets = Resource(group: "", version: "v1", resource: "secrets")

        package var description: String {
            group.isEmpty ? "\(resource) (\(version))" : "\(resource).\(group) (\(version))"
        }
    }

    package let uid: String
    package let resource: Resource
    /// Empty for the object itself.
    package let subResource: String
    package let operation: Operation
    /// Empty for what a controller makes: its name is chosen later.
    package let name: String
    package let namespace: String
    package let isDryRun: Bool
    /// Absent on DELETE.
    package let object: JSONView?
    /// Absent on CREATE.
    package let oldObject: JSONView?
    package let userInfo: JSONView?

    package init(of review: JSONView) throws(AdmissionReviewError) {
        guard review.isObject else { throw .init("the body is a JSON \(review.kind.rawValue)") }
        guard review["kind" as StaticString]?.isString("AdmissionReview") == true else {
            throw .init("kind is \(Self.shown(review["kind" as StaticString]))")
        }
        guard review["apiVersion" as StaticString]?.isString("admission.k8s.io/v1") == true else {
            throw .init(
                "apiVersion is \(Self.shown(review["apiVersion" as StaticString])); list only v1 in the webhook's admissionReviewVersions"
            )
        }
        guard let request = review["request" as StaticString], request.isObject else {
            throw .init("request is \(Self.shown(review["request" as StaticString]))")
        }
        guard let uid = request["uid" as StaticString]?.string, !uid.isEmpty, uid.utf8.count <= 256 else {
            throw .init("request.uid is \(Self.shown(request["uid" as StaticString]))")
        }
        guard let operation = request["operation" as StaticString]?.string.flatMap(Operation.init) else {
            throw .init("request.operation is \(Self.shown(request["operation" as StaticString]))")
        }
        let resource = request["resource" as StaticString]
        guard let name = resource?["resource" as StaticString]?.string, !name.isEmpty else {
            throw .init("request.resource is \(Self.shown(resource))")
        }
        self.uid = uid
        self.operation = operation
        self.resource = Resource(
            group: resource?["group" as StaticString]?.string ?? "",
            version: resource?["version" as StaticString]?.string ?? "", resource: name)
        subResource = request["subResource" as StaticString]?.string ?? ""
        self.name = request["name" as StaticString]?.string ?? ""
        namespace = request["namespace" as StaticString]?.string ?? ""
        isDryRun = request["dryRun" as StaticString]?.bool ?? false
        object = try Self.object(request["object" as StaticString], "object")
        oldObject = try Self.object(request["oldObject" as StaticString], "oldObject")
        userInfo = request["userInfo" as StaticString]
        guard object != nil || (operation != .create && operation != .update) else {
            throw .init("request.object is null on \(operation.rawValue)")
        }
    }

    private static func object(_ view: JSONView?, _ field: String) throws(AdmissionReviewError) -> JSONView? {
        guard let view, !view.isNull else { return nil }
        guard view.isObject else { throw .init("request.\(field) is a JSON \(view.kind.rawValue)") }
        return view
    }

    private static func shown(_ view: JSONView?) -> String {
        guard let view else { return "missing" }
        return view.string.map { "\"\($0.prefix(64))\"" } ?? "a JSON \(view.kind.rawValue)"
    }
}

/// A body that is no AdmissionReview v1 with a request in it: the caller's fault, answered with HTTP 400.
package struct AdmissionReviewError: Error, Hashable, CustomStringConvertible {
    package let found: String

    package init(_ found: String) { self.found = found }

    package var description: String {
        "wanted an AdmissionReview of admission.k8s.io/v1 with a request, as API servers send it; \(found)"
    }
}
