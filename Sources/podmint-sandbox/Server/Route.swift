// SPDX-License-Identifier: Apache-2.0

/// What a path is about.
enum Route: Sendable {
    /// Resource, namespace, name, subresource; empty where the path has none.
    case resource(Resource, namespace: String, name: String, subresource: String)
    case other

    init(_ path: String, registry: Registry) throws(APIError) {
        var parts = path.split(separator: "/").map { Query.decoded($0) }[...]
        let group: String
        switch parts.first {
        case "api" where parts.count > 2: group = ""
        case "apis" where parts.count > 3:
            group = parts.removeFirst() == "apis" ? parts[parts.startIndex] : ""
        default:
            self = .other
            return
        }
        parts = parts.dropFirst()
        let version = parts.removeFirst()
        var namespace = ""
        if parts.first == "namespaces", parts.count > 2,
            !["status", "finalize"].contains(parts[parts.startIndex + 2]) || parts.count > 3
        {
            namespace = parts[parts.startIndex + 1]
            parts = parts.dropFirst(2)
        }
        let plural = parts.removeFirst()
        guard let resource = registry.resource(group: group, version: version, plural: plural),
            resource.isNamespaced || namespace.isEmpty
        else { throw .noSuchPath }
        let name = parts.popFirst() ?? ""
        let subresource = parts.joined(separator: "/")
        guard subresource.isEmpty || resource.subresources.contains(subresource) else { throw .noSuchPath }
        guard !resource.isNamespaced || !namespace.isEmpty || name.isEmpty else { throw .noSuchPath }
        self = .resource(resource, namespace: namespace, name: name, subresource: subresource)
    }
}
