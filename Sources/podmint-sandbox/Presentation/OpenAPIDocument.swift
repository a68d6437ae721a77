// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// As much OpenAPI v3 as kubectl asks for: which kinds can be patched, and that the server validates fields itself.
///
/// No schemas of built-in kinds: kubectl then merges by the types it was built with, as it does for a server it knows. Those of
/// custom kinds are what `kubectl explain` shows.
struct OpenAPIDocument {
    let registry: Registry

    var index: JSONValue {
        var paths = JSONObject()
        for version in versions {
            let path = version.contains("/") ? "apis/\(version)" : "api/\(version)"
            paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)")]
        }
        return ["paths": .object(paths)]
    }

    func document(_ apiVersion: String) -> JSONValue? {
        let served = registry.all.filter { $0.apiVersion == apiVersion }
        guard !served.isEmpty else { return nil }
        var paths = JSONObject()
        var schemas = JSONObject()
        for resource in served {
            let root = resource.group.isEmpty ? "/api/v1" : "/apis/\(apiVersion)"
            let scope = resource.isNamespaced ? "/namespaces/{namespace}" : ""
            let path = "\(root)\(scope)/\(resource.plural)"
            paths[path] = ["post": Self.operation("post", resource)]
            schemas[Self.schemaName(resource)] = Self.schema(resource)
            guard !resource.isCreateOnly else { continue }
            paths["\(path)/{name}"] = [
                "get": Self.operation("get", resource), "put": Self.operation("put", resource),
                "patch": Self.operation("patch", resource), "delete": Self.operation("delete", resource),
            ]
        }
        return [
            "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": "podmint-sandbox"],
            "paths": .object(paths),
            "components": ["schemas": .object(schemas)],
        ]
    }

    private var versions: [String] {
        var seen: Set<String> = []
        return registry.all.map(\.apiVersion).filter { seen.insert($0).inserted }
    }

    private static func operation(_ verb: String, _ resource: Resource) -> JSONValue {
        let names =
            ["get", "delete"].contains(verb)
            ? ["dryRun"] : ["dryRun", "fieldManager", "fieldValidation", "force"]
        return [
            "operationId": .string("\(verb)\(resource.kind)"), "x-kubernetes-action": .string(verb),
            "x-kubernetes-group-version-kind": identity(resource),
            "parameters": .array(
                names.map { name in
                    [
                        "name": .string(name), "in": "query",
                        "schema": ["type": "string", "uniqueItems": true],
                    ]
                }),
            "responses": ["200": ["description": "OK"]],
        ]
    }

    private static func schema(_ resource: Resource) -> JSONValue {
        if var schema = resource.schema?.source {
            var metadata: JSONValue = schema.find("properties", "metadata") ?? [:]
            metadata.put("Standard object's metadata.", "description")
            schema.put(metadata, "properties", "metadata")
            schema.put(.array([identity(resource)]), "x-kubernetes-group-version-kind")
            return schema
        }
        return [
            "type": "object", "description": .string("\(resource.kind) as the sandbox keeps it"),
            "properties": [
                "apiVersion": ["type": "string"], "kind": ["type": "string"], "metadata": ["type": "object"],
            ],
            "x-kubernetes-preserve-unknown-fields": true,
            "x-kubernetes-group-version-kind": .array([identity(resource)]),
        ]
    }

    private static func schemaName(_ resource: Resource) -> String {
        "sandbox.\(resource.group.isEmpty ? "core" : resource.group).\(resource.version).\(resource.kind)"
    }

    private static func identity(_ resource: Resource) -> JSONValue {
        [
            "group": .string(resource.group), "version": .string(resource.version),
            "kind": .string(resource.kind),
        ]
    }
}
