// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One of podmint's own kinds, and the CustomResourceDefinition that makes an API server serve it.
struct CustomResource {
    let kind: String
    let plural: String
    let shortName: String
    let isNamespaced: Bool
    let spec: Schema
    let status: Schema
    let description: String
    let columns: [PrinterColumn]
    /// CEL rules over the whole object; only here `metadata.name` can be looked at.
    let rules: [(expression: String, message: String)]

    static let all: [CustomResource] = [.tlsPolicy, .clusterAuthority]

    private static let group = "podmint.dev"
    private static let version = "v1alpha1"

    func definition(_ options: InstallOptions) -> JSONValue {
        [
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": [
                "name": .string("\(plural).\(Self.group)"),
                "labels": .labels(options.labels(component: "api")),
            ],
            "spec": [
                "group": .string(Self.group),
                "names": [
                    "kind": .string(kind), "listKind": .string("\(kind)List"), "plural": .string(plural),
                    "singular": .string(kind.lowercased()), "shortNames": [.string(shortName)],
                    "categories": ["podmint"],
                ],
                "scope": isNamespaced ? "Namespaced" : "Cluster",
                "versions": [
                    [
                        "name": .string(Self.version), "served": true, "storage": true,
                        "additionalPrinterColumns": .array(columns.map(\.value)),
                        "subresources": ["status": [:]],
                        "schema": ["openAPIV3Schema": schema],
                    ]
                ],
            ],
        ]
    }

    /// `metadata` may say no more than its type; the API server knows the rest.
    private var schema: JSONValue {
        var whole = Schema.object(
            description,
            [
                (
                    "apiVersion",
                    .text("The version of this kind: \(Self.group)/\(Self.version).", upTo: 64)
                ),
                ("kind", .text("What this object is: \(kind).", upTo: 64)),
                ("spec", spec),
                ("status", status),
            ], required: ["spec"])
        for rule in rules { whole = whole.rule(rule.expression, rule.message) }
        var value = whole.value
        if var fields = value["properties"] {
            fields["metadata"] = ["type": "object"]
            value["properties"] = fields
        }
        return value
    }
}

/// A column of `kubectl get`.
struct PrinterColumn {
    let name: String
    let type: String
    let path: String
    let description: String
    /// 1 shows it only with `-o wide`.
    var priority: Int64 = 0

    static let age = PrinterColumn(
        name: "Age", type: "date", path: ".metadata.creationTimestamp", description: "How long it exists.")

    /// The status of a condition: `True`, `False` or `Unknown`.
    static func condition(_ type: String, _ description: String) -> PrinterColumn {
        PrinterColumn(
            name: type, type: "string", path: ".status.conditions[?(@.type==\"\(type)\")].status",
            description: description)
    }

    var value: JSONValue {
        var column: JSONObject = [
            "name": .string(name), "type": .string(type), "jsonPath": .string(path),
            "description": .string(description),
        ]
        if priority > 0 { column["priority"] = .integer(priority) }
        return .object(column)
    }
}
