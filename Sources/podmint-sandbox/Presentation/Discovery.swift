// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The legacy discovery documents; clients that ask for the aggregated form fall back to them.
struct Discovery {
    let registry: Registry

    static let version: JSONValue = [
        "major": "1", "minor": "34", "gitVersion": "v1.34.0-podmint-sandbox", "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z", "goVersion": "none", "compiler": "swift",
        "platform": "linux/amd64",
    ]

    static let legacyVersions: JSONValue = [
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"]],
    ]

    var groups: JSONValue {
        [
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": .array(registry.groups.map { Self.describe($0.name, $0.versions) }),
        ]
    }

    func group(_ name: String) -> JSONValue? {
        guard let found = registry.groups.first(where: { $0.name == name }) else { return nil }
        var group = Self.describe(name, found.versions)
        group.put("APIGroup", "kind")
        group.put("v1", "apiVersion")
        return group
    }

    func resources(_ apiVersion: String) -> JSONValue? {
        let served = registry.all.filter { $0.apiVersion == apiVersion }
        guard !served.isEmpty else { return nil }
        return [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(apiVersion),
            "resources": .array(served.flatMap(Self.describe)),
        ]
    }

    private static func describe(_ group: String, _ versions: [String]) -> JSONValue {
        let list = versions.map { version -> JSONValue in
            ["groupVersion": .string("\(group)/\(version)"), "version": .string(version)]
        }
        return [
            "name": .string(group), "versions": .array(list), "preferredVersion": list.first ?? [:],
        ]
    }

    private static func describe(_ resource: Resource) -> [JSONValue] {
        var own: JSONValue = [
            "name": .string(resource.plural), "singularName": .string(resource.singular),
            "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind),
            "verbs": .texts(resource.verbs),
        ]
        if !resource.shortNames.isEmpty { own.put(.texts(resource.shortNames), "shortNames") }
        if !resource.categories.isEmpty { own.put(.texts(resource.categories), "categories") }
        return [own]
            + resource.subresources.map { name in
                let (kind, verbs) = subresource(name, of: resource)
                var described: JSONValue = [
                    "name": .string("\(resource.plural)/\(name)"), "singularName": "",
                    "namespaced": .bool(resource.isNamespaced), "kind": .string(kind), "verbs": .texts(verbs),
                ]
                switch kind {
                case "Scale":
                    described.put("autoscaling", "group")
                    described.put("v1", "version")
                case "Eviction":
                    described.put("policy", "group")
                    described.put("v1", "version")
                case "TokenRequest":
                    described.put("authentication.k8s.io", "group")
                    described.put("v1", "version")
                default: break
                }
                return described
            }
    }

    private static func subresource(_ name: String, of resource: Resource) -> (kind: String, verbs: [String])
    {
        switch name {
        case "log": ("Pod", ["get"])
        case "eviction": ("Eviction", ["create"])
        case "token": ("TokenRequest", ["create"])
        case "binding": ("Binding", ["create"])
        case "scale": ("Scale", ["get", "patch", "update"])
        case "finalize": (resource.kind, ["update"])
        default: (resource.kind, ["get", "patch", "update"])
        }
    }
}
