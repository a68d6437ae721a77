// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One column of a Table, with how its cell is read off an object.
struct TableColumn: Sendable {
    let name: String
    var type = "string"
    var format = ""
    var priority: Int64 = 0
    var description = ""
    let cell: @Sendable (JSONValue, Int64) -> JSONValue

    var definition: JSONValue {
        [
            "name": .string(name), "type": .string(type), "format": .string(format),
            "description": .string(description),
            "priority": .integer(priority),
        ]
    }

    init(
        _ name: String, type: String = "string", format: String = "", priority: Int64 = 0,
        _ cell: @escaping @Sendable (JSONValue, Int64) -> JSONValue
    ) {
        self.name = name
        self.type = type
        self.format = format
        self.priority = priority
        self.cell = cell
    }

    static let name = TableColumn("Name", format: "name") { object, _ in .string(object.name) }
    static let age = TableColumn("Age") { object, now in
        .string(Age.text(object.text("metadata", "creationTimestamp"), now: now))
    }
    static let createdAt = TableColumn("Created At", type: "date") { object, _ in
        object.find("metadata", "creationTimestamp") ?? ""
    }

    static func text(_ name: String, priority: Int64 = 0, _ path: String...) -> TableColumn {
        TableColumn(name, priority: priority) { object, _ in
            .string(object.find(path[...])?.string ?? "<none>")
        }
    }

    static func number(_ name: String, _ path: String...) -> TableColumn {
        TableColumn(name, type: "integer") { object, _ in .integer(object.find(path[...])?.integer ?? 0) }
    }

    static func count(_ name: String, _ path: String...) -> TableColumn {
        TableColumn(name, type: "integer") { object, _ in
            let value = object.find(path[...])
            return .integer(Int64(value?.array?.count ?? value?.object?.count ?? 0))
        }
    }

    /// The columns that a CustomResourceDefinition asks for.
    static func custom(_ resource: Resource, _ store: Store) -> [TableColumn] {
        let definition = store.object(.customResources, "", "\(resource.plural).\(resource.group)")
        let version = definition?.list("spec", "versions").first { $0.text("name") == resource.version }
        let asked = version?.list("additionalPrinterColumns") ?? []
        guard !asked.isEmpty else { return [name, age] }
        return [name]
            + asked.map { column in
                let path = PrinterPath(column.text("jsonPath") ?? "")
                let type = column.text("type") ?? "string"
                var made = TableColumn(
                    column.text("name") ?? "", type: type, priority: column.number("priority") ?? 0
                ) { object, now in
                    // What is not there yet prints as nothing.
                    guard let value = path?.value(in: object), !value.isNull else { return .null }
                    if type == "date" { return .string(Age.text(value.string, now: now)) }
                    return type == "string" && value.string == nil ? .string(value.text) : value
                }
                made.description = column.text("description") ?? ""
                return made
            }
    }
}
