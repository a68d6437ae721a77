// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import HTTP
internal import JSON

/// A request copied off its connection, with what the API looks at.
struct IncomingRequest: Sendable {
    var method: String
    var path: String
    var query: Query
    var accept = ""
    var contentType = ""
    var authorization = ""
    var userAgent = ""
    var impersonatedUser = ""
    var impersonatedGroups: [String] = []
    var body: [UInt8] = []

    init(method: String, path: String, query: String? = nil, body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.query = Query(query)
        self.body = body
    }

    init(_ request: borrowing HTTPRequest) {
        method = request.method.rawValue
        path = request.path
        query = Query(request.query)
        accept = request.fields["accept"] ?? ""
        contentType = request.fields["content-type"] ?? ""
        authorization = request.fields["authorization"] ?? ""
        userAgent = request.fields["user-agent"] ?? ""
        impersonatedUser = request.fields["impersonate-user"] ?? ""
        impersonatedGroups = request.fields.values(named: "impersonate-group")
        body = request.body.bytes
    }

    var wantsTable: Bool { accept.contains("as=Table") }

    /// The body as JSON. Protobuf is refused by name: kubectl's `create secret|token|namespace` send it.
    func json() throws(APIError) -> JSONValue {
        let type = contentType.split(separator: ";").first.map(String.init) ?? ""
        if type.contains("protobuf") || type.contains("cbor") {
            throw APIError(
                code: 415, reason: "UnsupportedMediaType",
                message:
                    "the sandbox reads JSON, not \(type); hint: write a manifest and use kubectl apply -f, or "
                    + "kubectl create --raw")
        }
        if body.isEmpty { return [:] }
        if type == "application/yaml" || type == "application/apply-patch+yaml" {
            return try RequestYAML.parse(body)
        }
        do {
            return try JSONValue(parsing: body)
        } catch {
            throw .badRequest("the object provided is unrecognized (must be valid JSON): \(error)")
        }
    }
}
