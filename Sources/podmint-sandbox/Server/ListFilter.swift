// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Label and field selectors of a list, a watch or a collection delete.
struct ListFilter: Sendable {
    private let labels: Selector
    private let fields: FieldSelector
    private let namespace: String
    private let name: String

    init(_ request: ResourceRequest) throws(APIError) {
        let labelText = request.query["labelSelector"] ?? ""
        labels = labelText.isEmpty ? .everything : try Selector(parsing: labelText)
        let fieldText = request.query["fieldSelector"] ?? ""
        fields =
            fieldText.isEmpty ? .everything : try FieldSelector(parsing: fieldText, for: request.resource)
        namespace = request.namespace
        name = request.name
    }

    func matches(_ object: JSONValue) -> Bool {
        (namespace.isEmpty || object.namespace == namespace) && (name.isEmpty || object.name == name)
            && labels.matches(object.labels) && fields.matches(object)
    }
}

/// A chunk of a list, by `limit` and `continue`: the token is the last key and the version of the first chunk.
struct Page {
    let objects: [JSONValue]
    let metadata: JSONValue

    init(_ query: Query, _ all: [JSONValue], _ version: UInt64) throws(APIError) {
        var rest = all[...]
        var listed = String(version)
        if let token = query["continue"], !token.isEmpty {
            let parts = token.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3 else { throw .badRequest("continue key is not valid") }
            let last = ObjectKey(namespace: parts[1], name: parts[2])
            listed = parts[0]
            rest = rest.drop { $0.key < last || $0.key == last }
        }
        let limit = query["limit"].flatMap { Int($0) } ?? 0
        var fields: JSONValue = ["resourceVersion": .string(listed)]
        if limit > 0, rest.count > limit, let last = rest.prefix(limit).last {
            fields.put(.string("\(listed)/\(last.namespace)/\(last.name)"), "continue")
            fields.put(.integer(Int64(rest.count - limit)), "remainingItemCount")
            rest = rest.prefix(limit)
        }
        objects = Array(rest)
        metadata = fields
    }
}
