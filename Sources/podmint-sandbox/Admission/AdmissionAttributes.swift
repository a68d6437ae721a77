// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What one write is about, for every admission plugin and webhook.
struct AdmissionAttributes: Sendable {
    enum Operation: String, Sendable {
        case create = "CREATE"
        case update = "UPDATE"
        case delete = "DELETE"
    }

    var resource: Resource
    var subresource = ""
    var operation: Operation
    var namespace: String
    var name: String
    var identity: Identity
    var isDryRun: Bool
    var options: JSONValue
    var oldObject: JSONValue?
}
