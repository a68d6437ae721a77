// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint

struct CustomResourceTests {
    private static let definitions = CustomResource.all.map { $0.definition(InstallOptions()) }

    private func schema(_ definition: JSONValue) throws -> JSONValue {
        try #require(definition.at("spec", "versions")?[0]?.at("schema", "openAPIV3Schema"))
    }

    /// Every schema below a node, by its path; a list's elements and a map's values count as fields of their own.
    private func fields(_ schema: JSONValue, at path: String) -> [(path: String, schema: JSONValue)] {
        var found = [(path, schema)]
        for (name, field) in schema["properties"]?.object ?? [:] where "\(path).\(name)" != ".metadata" {
            found += fields(field, at: "\(path).\(name)")
        }
        if let items = schema["items"] { found += fields(items, at: "\(path)[]") }
        if let values = schema["additionalProperties"] { found += fields(values, at: "\(path){}") }
        return found
    }

    @Test(arguments: definitions) func `teaches about every field`(definition: JSONValue) throws {
        let fields = try fields(schema(definition), at: "")
        #expect(fields.count > 40)
        for (path, field) in fields {
            let text = field["description"]?.string ?? ""
            #expect(text.hasSuffix("."), "\(path): \(text)")
            #expect(text.count >= 12, "\(path)")
        }
    }

    /// Without bounds the API server reckons with the worst case and refuses the CEL rules for their cost.
    @Test(arguments: definitions) func `bounds every text, list and map`(definition: JSONValue) throws {
        for (path, field) in try fields(schema(definition), at: "") {
            switch field["type"] {
            case "string":
                let isBound = ["maxLength", "enum", "format"].contains { field[$0] != nil }
                #expect(isBound, "\(path)")
            case "array": #expect(field["maxItems"] != nil, "\(path)")
            case "object":
                #expect(field["additionalProperties"] == nil || field["maxProperties"] != nil, "\(path)")
            case "boolean", "integer": break
            default: Issue.record("\(path) has type \(field["type"]?.text ?? "none")")
            }
        }
    }

    @Test(arguments: definitions) func `serves one version with status, columns and a short name`(
        definition: JSONValue
    ) throws {
        let names = try #require(definition.at("spec", "names"))
        #expect(definition.at("metadata", "name")?.string == "\(names["plural"]?.string ?? "").podmint.dev")
        #expect(names["shortNames"]?.array?.count == 1)
        #expect(names["categories"] == ["podmint"])
        let version = try #require(definition.at("spec", "versions")?[0])
        #expect(version["name"] == "v1alpha1")
        #expect(version.at("subresources", "status") == [:])
        let columns = try #require(version["additionalPrinterColumns"]?.array)
        #expect(columns.contains { $0["name"] == "Ready" })
        #expect(columns.last?["name"] == "Age")
    }

    @Test(arguments: definitions) func `keeps conditions apart by their type`(definition: JSONValue) throws {
        let conditions = try schema(definition).at("properties", "status", "properties", "conditions")
        #expect(conditions?["x-kubernetes-list-type"] == "map")
        #expect(conditions?["x-kubernetes-list-map-keys"] == ["type"])
    }
}
