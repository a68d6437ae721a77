// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct DefinitionTests {
    /// A definition of `widgets.example.com` whose spec is this schema.
    static func definition(spec: JSONValue) -> JSONValue {
        [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": "widgets.example.com"],
            "spec": [
                "group": "example.com", "scope": "Namespaced",
                "names": ["kind": "Widget", "plural": "widgets"],
                "versions": [
                    [
                        "name": "v1", "served": true, "storage": true,
                        "schema": ["openAPIV3Schema": ["type": "object", "properties": ["spec": spec]]],
                        "additionalPrinterColumns": [
                            [
                                "name": "Ready", "type": "string",
                                "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status",
                            ]
                        ],
                    ]
                ],
            ],
        ]
    }

    static func faults(spec: JSONValue) -> [FieldError] { DefinitionRules.faults(definition(spec: spec)) }

    @Test func `is served once its controller has taken it in`() async throws {
        let cluster = Cluster.fixture()
        let written = try await ObjectWriter(cluster: cluster).create(
            .fixture(.customResources), Self.definition(spec: ["type": "object"]))
        #expect(written.object.condition("Established") == nil)
        #expect(cluster.registry.resource(apiVersion: "example.com/v1", kind: "Widget") == nil)
        _ = DefinitionController(cluster: cluster).reconcile(written.object.key)
        let stored = cluster.store.object(.customResources, "", "widgets.example.com")
        #expect(stored?.condition("Established")?.text("status") == "True")
        #expect(stored?.list("status", "storedVersions") == ["v1"])
        #expect(cluster.registry.resource(apiVersion: "example.com/v1", kind: "Widget")?.isCustom == true)
    }

    @Test func `must be structural`() {
        #expect(Self.faults(spec: ["type": "object"]).isEmpty)
        #expect(Self.faults(spec: ["x-kubernetes-preserve-unknown-fields": true]).isEmpty)
        #expect(
            Self.faults(spec: ["properties": [:]]).first?.field.hasSuffix("properties[spec].type") == true)
        #expect(Self.faults(spec: ["type": "array"]).first?.field.hasSuffix("properties[spec].items") == true)
        #expect(
            Self.faults(spec: ["type": "string", "pattern": "("]).first?.message.contains("regular") == true)
    }

    @Test func `names the CEL that the sandbox cannot evaluate`() {
        let fault = Self.faults(spec: [
            "type": "object", "x-kubernetes-validations": [["rule": "url(self.a).getHost() == 'a'"]],
        ])
        .first
        #expect(fault?.field.contains("x-kubernetes-validations[0].rule") == true)
        #expect(fault?.message.contains("a real API server knows all of CEL") == true)
    }

    @Test func `is called by its plural and group, in one of two scopes`() {
        var wrong = Self.definition(spec: ["type": "object"])
        wrong.put("widget", "metadata", "name")
        wrong.put("Everywhere", "spec", "scope")
        #expect(DefinitionRules.faults(wrong).map(\.field) == ["metadata.name", "spec.scope"])
    }

    @Test func `shows the columns it asks for`() throws {
        let cluster = Cluster.fixture()
        _ = try cluster.store.create(.customResources, Self.definition(spec: ["type": "object"]))
        _ = DefinitionController(cluster: cluster).reconcile(
            ObjectKey(namespace: "", name: "widgets.example.com"))
        let widgets = try #require(cluster.registry.resource(apiVersion: "example.com/v1", kind: "Widget"))
        let table = Table(widgets, cluster: cluster, includingObject: "None")
        let ready: JSONValue = [
            "metadata": ["name": "a"],
            "status": ["conditions": [["type": "X", "status": "no"], ["type": "Ready", "status": "True"]]],
        ]
        let shown = table.value([ready, ["metadata": ["name": "b"]]], metadata: [:])
        #expect(shown.list("columnDefinitions").map { $0.text("name") } == ["Name", "Ready"])
        #expect(shown.list("rows").map { $0.list("cells") } == [["a", "True"], ["b", .null]])
    }

    @Test(arguments: [
        (".a.b", "1"), (".l[1]", "2"), (".c[?(@.type==\"x\")].v", "\"y\""), (".missing.b", nil),
        (".l[9]", nil),
    ]) func `reads the paths that columns use`(path: String, found: String?) throws {
        let object = try JSONValue(
            parsing: #"{"a":{"b":1},"l":[1,2],"c":[{"type":"w"},{"type":"x","v":"y"}]}"#)
        #expect(try #require(PrinterPath(path)).value(in: object)?.text == found)
    }

    @Test(arguments: ["a", ".a[", ".a[*]", "$.a", ".a..b"]) func `refuses other paths`(path: String) {
        #expect(PrinterPath(path) == nil)
    }
}
