// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A request about a resource, taken apart and with its asker known.
struct ResourceRequest: Sendable {
    var resource: Resource
    var namespace = ""
    var name = ""
    var subresource = ""
    var identity: Identity
    var query = Query()
    var userAgent = ""

    var isDryRun: Bool { query.values("dryRun").contains("All") }
    var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

    /// Who is written into managedFields: as asked, else the program's name.
    var fieldManager: String {
        if let given = query["fieldManager"], !given.isEmpty { return given }
        let name = userAgent.split(separator: "/").first.map(String.init) ?? ""
        return name.isEmpty ? "unknown" : name
    }

    /// The one object that is meant, for authorization: that of the path, or of a list or watch which selects one by
    /// name. RBAC's `resourceNames` then hold for lists too.
    var authorizedName: String {
        guard name.isEmpty else { return name }
        let selected = (query["fieldSelector"] ?? "").split(separator: ",").first {
            $0.hasPrefix("metadata.name=")
        }
        return selected.map { String($0.dropFirst("metadata.name=".count)).trimmingPrefix("=") }.map(
            String.init) ?? ""
    }

    /// The options object of a review.
    func options(_ kind: String) -> JSONValue {
        var options: JSONValue = ["kind": .string(kind), "apiVersion": "meta.k8s.io/v1"]
        if isDryRun { options.put(["All"], "dryRun") }
        if kind != "DeleteOptions" { options.put(.string(fieldManager), "fieldManager") }
        if let validation = query["fieldValidation"] { options.put(.string(validation), "fieldValidation") }
        return options
    }
}

/// The parameters after `?`, percent-decoded.
struct Query: Sendable {
    private var pairs: [(name: String, value: String)] = []

    init(_ text: String? = nil) {
        pairs = (text ?? "").split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                Self.decoded(parts[0], plus: true), parts.count > 1 ? Self.decoded(parts[1], plus: true) : ""
            )
        }
    }

    subscript(_ name: String) -> String? { pairs.first { $0.name == name }?.value }
    func values(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }
    func flag(_ name: String) -> Bool { ["true", "1"].contains(self[name]) }

    static func decoded(_ text: Substring, plus: Bool = false) -> String {
        guard text.contains("%") || (plus && text.contains("+")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "%"),
                let value = UInt8(String(rest.dropFirst().prefix(2)) ?? "", radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(plus && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
