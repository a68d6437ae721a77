// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A step to a field as managedFields writes it: `f:name`, `k:{"name":"a"}`, `v:"x"`.
enum FieldStep: Hashable, Sendable {
    case field(String)
    case element([String: JSONValue])
    case value(JSONValue)

    var text: String {
        switch self {
        case .field(let name): return "f:\(name)"
        case .value(let value): return "v:\(value.text)"
        case .element(let keys):
            var object = JSONObject()
            for (key, value) in keys.sorted(by: { $0.key < $1.key }) { object[key] = value }
            return "k:\(JSONValue.object(object).text)"
        }
    }

    init?(_ text: String) {
        let rest = String(text.dropFirst(2))
        if text.hasPrefix("f:") {
            self = .field(rest)
        } else if text.hasPrefix("k:"), let value = try? JSONValue(parsing: Array(rest.utf8)),
            let object = value.object
        {
            var keys: [String: JSONValue] = [:]
            for (key, value) in object { keys[key] = value }
            self = .element(keys)
        } else if text.hasPrefix("v:"), let value = try? JSONValue(parsing: Array(rest.utf8)) {
            self = .value(value)
        } else {
            return nil
        }
    }
}

/// The fields one manager owns: a set of paths, as server-side apply reckons with it.
struct FieldSet: Equatable, Sendable {
    typealias Path = [FieldStep]
    var paths: Set<Path> = []

    var isEmpty: Bool { paths.isEmpty }

    /// Every leaf of a configuration; an element of a keyed list is owned itself, too.
    init(of object: JSONValue, keyed: Bool = true) {
        Self.collect(object, [], [], keyed) { paths.insert($0) }
        paths = paths.filter { !Self.isUnowned($0) }
    }

    init(paths: Set<Path> = []) { self.paths = paths }

    init(fieldsV1: JSONValue) {
        Self.read(fieldsV1, []) { paths.insert($0) }
    }

    /// The nested form of `fieldsV1`; a dot marks a node that is owned itself.
    var fieldsV1: JSONValue {
        var root: JSONValue = [:]
        for path in paths.sorted(by: { $0.map(\.text).lexicographicallyPrecedes($1.map(\.text)) }) {
            let steps = path.map(\.text)
            if paths.contains(where: { $0.count > path.count && $0.starts(with: path) }) {
                root.put([:], (steps + ["."])[...])
            } else if root.find(steps[...]) == nil {
                root.put([:], steps[...])
            }
        }
        return root
    }

    private static func read(_ node: JSONValue, _ path: Path, _ found: (Path) -> Void) {
        guard let fields = node.object else { return }
        if fields.isEmpty, !path.isEmpty { found(path) }
        for (key, child) in fields {
            if key == "." {
                found(path)
            } else if let step = FieldStep(key) {
                read(child, path + [step], found)
            }
        }
    }

    private static func collect(
        _ value: JSONValue, _ path: Path, _ names: [String], _ keyed: Bool, _ found: (Path) -> Void
    ) {
        switch value {
        case .object(let fields) where !fields.isEmpty && !(keyed && MergeKeys.isAtomicObject(names)):
            for (key, child) in fields { collect(child, path + [.field(key)], names + [key], keyed, found) }
        case .array(let elements) where keyed:
            switch MergeKeys.apply(names) {
            case .keyed(let keys):
                for element in elements {
                    let step = path + [FieldStep.element(ListKey.of(element, keys))]
                    found(step)
                    collect(element, step, names, keyed, found)
                }
            case .set: for element in elements { found(path + [.value(element)]) }
            case .atomic: found(path)
            }
        default: found(path)
        }
    }

    /// What identifies an object belongs to nobody.
    private static func isUnowned(_ path: Path) -> Bool {
        guard case .field(let first)? = path.first else { return true }
        if first == "apiVersion" || first == "kind" { return true }
        guard first == "metadata" else { return false }
        guard path.count > 1, case .field(let second) = path[1] else { return true }
        return [
            "name", "namespace", "uid", "resourceVersion", "creationTimestamp", "generation", "managedFields",
            "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds",
        ].contains(second)
    }
}

/// The key of one element of a keyed list. A port without a protocol means TCP.
enum ListKey {
    static func of(_ element: JSONValue, _ keys: [String]) -> [String: JSONValue] {
        var found: [String: JSONValue] = [:]
        for key in keys {
            if let value = element.find(key) {
                found[key] = value
            } else if key == "protocol" {
                found[key] = "TCP"
            }
        }
        return found
    }
}
