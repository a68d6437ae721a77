// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import Synchronization

/// Every resource served now: the built-in ones and those of stored CustomResourceDefinitions.
final class Registry: Sendable {
    private let custom = Mutex<[String: [Resource]]>([:])

    var all: [Resource] {
        Resource.builtIn + custom.withLock { $0.sorted { $0.key < $1.key }.flatMap(\.value) }
    }

    func resource(group: String, version: String, plural: String) -> Resource? {
        all.first { $0.group == group && $0.version == version && $0.plural == plural }
    }

    func resource(apiVersion: String, kind: String) -> Resource? {
        all.first { $0.apiVersion == apiVersion && $0.kind == kind }
    }

    /// Groups in the order they were registered, each with its versions.
    var groups: [(name: String, versions: [String])] {
        var order: [String] = []
        var versions: [String: [String]] = [:]
        for resource in all where !resource.group.isEmpty {
            if versions[resource.group] == nil { order.append(resource.group) }
            if versions[resource.group]?.contains(resource.version) != true {
                versions[resource.group, default: []].append(resource.version)
            }
        }
        return order.map { ($0, versions[$0] ?? []) }
    }

    /// Serves what a definition says from now on. Its schema can be read: it was when it was stored.
    func define(_ definition: JSONValue) {
        let names = definition.fields("spec", "names")
        guard let plural = names["plural"]?.string, let kind = names["kind"]?.string,
            let group = definition.text("spec", "group")
        else { return }
        let resources = definition.list("spec", "versions").filter { $0.flag("served") }.compactMap {
            version -> Resource? in
            guard let name = version.text("name"),
                let schema = try? SchemaNode(version.find("schema", "openAPIV3Schema") ?? [:])
            else { return nil }
            return Resource(
                group, name, plural, kind, namespaced: definition.text("spec", "scope") != "Cluster",
                shortNames: (names["shortNames"]?.array ?? []).compactMap(\.string),
                categories: (names["categories"]?.array ?? []).compactMap(\.string),
                subresources: version.find("subresources", "status") == nil ? [] : ["status"],
                singular: names["singular"]?.string, schema: schema)
        }
        custom.withLock { $0[definition.name] = resources }
    }

    func forget(definition name: String) {
        _ = custom.withLock { $0.removeValue(forKey: name) }
    }
}
