// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The apply patch: who applies owns what it applied, gives back what it no longer mentions, and may not change
/// what others own unless it insists.
struct ServerSideApply {
    let manager: String
    let force: Bool
    let resource: Resource
    let now: String

    func apply(_ configuration: JSONValue, to live: JSONValue?) throws(APIError) -> JSONValue {
        guard configuration.list("metadata", "managedFields").isEmpty else {
            throw .badRequest("metadata.managedFields must be nil")
        }
        try checkDeclared(configuration)
        let keyed = !resource.isCustom
        let applied = FieldSet(of: configuration, keyed: keyed)
        guard let live else {
            var created = configuration
            ManagedFields.own(applied, manager, "Apply", resource, now, in: &created)
            return created
        }
        var managed = ManagedFields(live)
        let mine = managed.set(of: manager, operation: "Apply")
        var conflicts: [(manager: String, path: FieldSet.Path)] = []
        for index in managed.entries.indices where !managed.entries[index].isMine(manager, "Apply") {
            let contested = managed.entries[index].fields.paths.intersection(applied.paths).filter {
                FieldPath.value($0, in: live) != FieldPath.value($0, in: configuration)
                    && !Self.isElement($0)
            }
            conflicts += contested.map { (managed.entries[index].described, $0) }
            if force { managed.entries[index].fields.paths.subtract(contested) }
        }
        if !force, !conflicts.isEmpty { throw conflict(conflicts, live.name) }

        var merged = Self.merge(configuration, live, [], keyed)
        let others = managed.entries.filter { !$0.isMine(manager, "Apply") }.map(\.fields.paths)
        let dropped = mine.paths.subtracting(applied.paths).filter { path in
            !others.contains { Self.holds($0, path) }
                && !applied.paths.contains { $0.count > path.count && $0.starts(with: path) }
        }
        // Outer ones first: without its name a list element would not be found.
        for path in dropped.sorted(by: { $0.count < $1.count }) { FieldPath.remove(path, from: &merged) }
        for path in dropped where Self.isElement(path) {
            for index in managed.entries.indices {
                managed.entries[index].fields.paths = managed.entries[index].fields.paths.filter {
                    !$0.starts(with: path)
                }
            }
        }
        managed.write(to: &merged)
        ManagedFields.own(applied, manager, "Apply", resource, now, in: &merged)
        return merged
    }

    /// Custom kinds: a configuration is typed by the schema before anything else is done with it.
    private func checkDeclared(_ configuration: JSONValue) throws(APIError) {
        var whole = configuration
        guard let schema = resource.schema, let unknown = SchemaPruning.prune(&whole, schema).first else {
            return
        }
        let object =
            "\(configuration.namespace)/\(configuration.name); \(resource.apiVersion), Kind=\(resource.kind)"
        throw APIError(
            code: 500, reason: "",
            message:
                "failed to create typed patch object (\(object)): .\(unknown): field not declared in schema")
    }

    /// An owned list element is no value of its own; only what is in it can be contested.
    private static func isElement(_ path: FieldSet.Path) -> Bool {
        guard case .element? = path.last else { return false }
        return true
    }

    /// Whether somebody else's fields keep this one. A list element is kept by who owns it itself: it goes together with
    /// what others only wrote into it (kube-apiserver 1.36 does so with a webhook's `caBundle`).
    private static func holds(_ fields: Set<FieldSet.Path>, _ path: FieldSet.Path) -> Bool {
        isElement(path) ? fields.contains(path) : fields.contains { $0.starts(with: path) }
    }

    private static func merge(_ patch: JSONValue, _ live: JSONValue, _ path: [String], _ keyed: Bool)
        -> JSONValue
    {
        switch (patch, live) {
        case (.object(let changes), .object(var result)) where !(keyed && MergeKeys.isAtomicObject(path)):
            for (key, change) in changes {
                if let present = result[key] {
                    result[key] = merge(change, present, path + [key], keyed)
                } else {
                    result[key] = change
                }
            }
            return .object(result)
        case (.array(let changes), .array(let elements)) where keyed:
            return .array(mergeList(changes, elements, path))
        default: return patch
        }
    }

    private static func mergeList(_ changes: [JSONValue], _ live: [JSONValue], _ path: [String])
        -> [JSONValue]
    {
        switch MergeKeys.apply(path) {
        case .atomic: return changes
        case .set: return live + changes.filter { !live.contains($0) }
        case .keyed(let keys):
            // What is applied stands in its own order; what only others have stays before what followed it.
            let applied = Set(changes.map { ListKey.of($0, keys) })
            var others = live[...]
            var result: [JSONValue] = []
            for change in changes {
                let key = ListKey.of(change, keys)
                result += others.prefix { !applied.contains(ListKey.of($0, keys)) }
                others = others.drop { !applied.contains(ListKey.of($0, keys)) }
                if let first = others.first, ListKey.of(first, keys) == key { others = others.dropFirst() }
                let present = live.first { ListKey.of($0, keys) == key }
                result.append(present.map { merge(change, $0, path, true) } ?? change)
            }
            result += others.filter { !applied.contains(ListKey.of($0, keys)) }
            return result
        }
    }

    private func conflict(_ conflicts: [(manager: String, path: FieldSet.Path)], _ name: String) -> APIError {
        let causes = conflicts.map { conflict in
            FieldError(
                field: FieldPath.display(conflict.path), reason: "FieldManagerConflict",
                message: "conflict with \(conflict.manager)")
        }.sorted { $0.field < $1.field }
        let fields = causes.map { "\n- \($0.field)" }.joined()
        let managers = Set(conflicts.map(\.manager)).sorted().joined(separator: ", ")
        let plural = conflicts.count == 1 ? "conflict" : "conflicts"
        let list = conflicts.count == 1 ? ": \(causes[0].field)" : ":\(fields)"
        var error = APIError(
            code: 409, reason: "Conflict",
            message: "Apply failed with \(conflicts.count) \(plural): \(plural) with \(managers)\(list)")
        error.details["causes"] = .array(causes.map(\.cause))
        return error
    }
}
