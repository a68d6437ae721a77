// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// kubectl's patch for built-in kinds: a merge patch that knows keyed lists and the `$…` directives.
///
/// `$setElementOrder/…` is read past: order is that of the target, new elements at the end.
/// `$retainKeys` drops every other member of its object.
enum StrategicMergePatch {
    static func apply(_ patch: JSONValue, to target: JSONValue) throws(APIError) -> JSONValue {
        try merge(patch, target, [])
    }

    private static func merge(_ patch: JSONValue, _ target: JSONValue, _ path: [String]) throws(APIError)
        -> JSONValue
    {
        guard case .object(let changes) = patch else { return patch }
        if changes["$patch"]?.string == "replace" { return .object(withoutDirectives(changes)) }
        var result = target.object ?? JSONObject()
        if let kept = changes["$retainKeys"]?.array?.compactMap(\.string) {
            for (key, _) in result where !kept.contains(key) { result[key] = nil }
        }
        for (key, change) in changes where key != "$retainKeys" && key != "$patch" {
            if key.hasPrefix("$setElementOrder/") { continue }
            if key.hasPrefix("$deleteFromPrimitiveList/") {
                let list = String(key.dropFirst("$deleteFromPrimitiveList/".count))
                let gone = change.array ?? []
                result[list] = result[list]?.array.map { .array($0.filter { !gone.contains($0) }) }
                continue
            }
            if change.isNull {
                result[key] = nil
            } else if case .array(let elements) = change {
                result[key] = try mergeList(elements, result[key]?.array ?? [], path + [key])
            } else if change.object?["$patch"]?.string == "delete" {
                result[key] = nil
            } else {
                result[key] = try merge(change, result[key] ?? .null, path + [key])
            }
        }
        return .object(result)
    }

    private static func mergeList(
        _ changes: [JSONValue], _ target: [JSONValue], _ path: [String]
    ) throws(APIError) -> JSONValue {
        let kind = MergeKeys.strategic(path)
        if kind == .set { return .array(target + changes.filter { !target.contains($0) }) }
        guard case .keyed(let keys) = kind, let key = keys.first, changes.allSatisfy({ $0.object != nil })
        else {
            return .array(changes)
        }
        if changes.contains(where: { $0.text("$patch") == "replace" }) {
            return .array(changes.filter { $0.find("$patch") == nil })
        }
        var result = target
        for change in changes {
            guard let wanted = change.find(key) else {
                throw .badRequest("map: \(change.text) does not contain declared merge key: \(key)")
            }
            let found = result.firstIndex { $0.find(key) == wanted }
            if change.text("$patch") == "delete" {
                result.removeAll { $0.find(key) == wanted }
            } else if let found {
                result[found] = try merge(change, result[found], path)
            } else {
                result.append(try merge(change, .object(JSONObject()), path))
            }
        }
        return .array(result)
    }

    private static func withoutDirectives(_ fields: JSONObject) -> JSONObject {
        var fields = fields
        fields["$patch"] = nil
        return fields
    }
}
