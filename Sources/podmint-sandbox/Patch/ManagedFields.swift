// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `metadata.managedFields`, read and written: which manager owns which fields.
struct ManagedFields {
    struct Entry {
        var manager: String
        var operation: String
        var subresource: String
        var apiVersion: String
        var time: String
        var fields: FieldSet

        func isMine(_ manager: String, _ operation: String, _ subresource: String = "") -> Bool {
            self.manager == manager && self.operation == operation && self.subresource == subresource
        }

        var rank: (String, String, String, String) { (operation, time, manager, subresource) }

        var described: String {
            operation == "Apply" ? "\"\(manager)\"" : "\"\(manager)\" using \(apiVersion)"
        }
    }

    var entries: [Entry]

    init(_ object: JSONValue) {
        entries = object.list("metadata", "managedFields").map { entry in
            Entry(
                manager: entry.text("manager") ?? "", operation: entry.text("operation") ?? "",
                subresource: entry.text("subresource") ?? "", apiVersion: entry.text("apiVersion") ?? "",
                time: entry.text("time") ?? "", fields: FieldSet(fieldsV1: entry.find("fieldsV1") ?? [:]))
        }
    }

    func set(of manager: String, operation: String) -> FieldSet {
        entries.first { $0.isMine(manager, operation) }?.fields ?? FieldSet()
    }

    func write(to object: inout JSONValue) {
        // In the API server's order, whoever wrote last: so an apply that changes nothing changes nothing.
        let written = entries.filter { !$0.fields.isEmpty }.sorted { $0.rank < $1.rank }.map {
            entry -> JSONValue in
            var value: JSONValue = [
                "manager": .string(entry.manager), "operation": .string(entry.operation),
                "apiVersion": .string(entry.apiVersion), "time": .string(entry.time),
                "fieldsType": "FieldsV1",
                "fieldsV1": entry.fields.fieldsV1,
            ]
            if !entry.subresource.isEmpty { value.put(.string(entry.subresource), "subresource") }
            return value
        }
        object.put(written.isEmpty ? nil : .array(written), "metadata", "managedFields")
    }

    /// Makes `manager` the owner of exactly these fields.
    static func own(
        _ fields: FieldSet, _ manager: String, _ operation: String, _ resource: Resource, _ now: String,
        subresource: String = "", in object: inout JSONValue
    ) {
        var managed = ManagedFields(object)
        let known = managed.entries.first { $0.isMine(manager, operation, subresource) }
        managed.entries.removeAll { $0.isMine(manager, operation, subresource) }
        let time = known?.fields == fields ? known?.time ?? now : now
        managed.entries.append(
            Entry(
                manager: manager, operation: operation, subresource: subresource,
                apiVersion: resource.apiVersion,
                time: time, fields: fields))
        managed.write(to: &object)
    }

    /// After an ordinary write: what changed is the writer's, what vanished is nobody's.
    static func recordUpdate(
        from old: JSONValue?, to new: inout JSONValue, manager: String, resource: Resource,
        subresource: String = "",
        now: String
    ) {
        let keyed = !resource.isCustom
        let present = FieldSet(of: new, keyed: keyed).paths
        let before = old.map { FieldSet(of: $0, keyed: keyed).paths } ?? []
        let changed = present.filter { path in
            guard let old, before.contains(path) else { return true }
            if case .element? = path.last { return false }
            return FieldPath.value(path, in: old) != FieldPath.value(path, in: new)
        }
        let removed = before.subtracting(present)
        guard !changed.isEmpty || !removed.isEmpty else { return }
        var managed = ManagedFields(old ?? [:])
        for index in managed.entries.indices {
            let isMine = managed.entries[index].isMine(manager, "Update", subresource)
            managed.entries[index].fields.paths.subtract(removed)
            if !isMine { managed.entries[index].fields.paths.subtract(changed) }
        }
        managed.write(to: &new)
        guard !changed.isEmpty else { return }
        let mine =
            ManagedFields(new).entries.first { $0.isMine(manager, "Update", subresource) }?.fields.paths ?? []
        own(
            FieldSet(paths: mine.union(changed)), manager, "Update", resource, now, subresource: subresource,
            in: &new)
    }
}
