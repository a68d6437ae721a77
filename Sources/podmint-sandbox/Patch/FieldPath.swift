// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Reading and removing what a `FieldSet` path points at.
enum FieldPath {
    static func value(_ path: FieldSet.Path, in object: JSONValue) -> JSONValue? {
        var current = object
        for step in path {
            switch step {
            case .field(let name):
                guard let next = current.find(name) else { return nil }
                current = next
            case .element(let keys):
                guard let next = current.array?.first(where: { ListKey.of($0, Array(keys.keys)) == keys })
                else {
                    return nil
                }
                current = next
            case .value(let wanted):
                guard current.array?.contains(wanted) == true else { return nil }
                current = wanted
            }
        }
        return current
    }

    /// Removes the value at a path, and the objects that are empty for its sake.
    static func remove(_ path: FieldSet.Path, from object: inout JSONValue) {
        guard let first = path.first else { return }
        let rest = FieldSet.Path(path.dropFirst())
        switch first {
        case .field(let name):
            guard var fields = object.object, var child = fields[name] else { return }
            if rest.isEmpty {
                fields[name] = nil
            } else {
                remove(rest, from: &child)
                fields[name] = isEmpty(child) ? nil : child
            }
            object = .object(fields)
        case .element(let keys):
            guard var elements = object.array,
                let index = elements.firstIndex(where: { ListKey.of($0, Array(keys.keys)) == keys })
            else { return }
            if rest.isEmpty { elements.remove(at: index) } else { remove(rest, from: &elements[index]) }
            object = .array(elements)
        case .value(let wanted):
            object = .array((object.array ?? []).filter { $0 != wanted })
        }
    }

    static func display(_ path: FieldSet.Path) -> String {
        path.map { step in
            switch step {
            case .field(let name): ".\(name)"
            case .value(let value): "[=\(value.text)]"
            case .element(let keys):
                "["
                    + keys.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }.joined(
                        separator: ",") + "]"
            }
        }.joined()
    }

    private static func isEmpty(_ value: JSONValue) -> Bool {
        switch value {
        case .object(let fields): fields.isEmpty
        case .array(let elements): elements.isEmpty
        default: false
        }
    }
}
