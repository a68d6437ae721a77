// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Reading and writing by member names. A step through something that is not an object finds nothing.
extension JSONValue {
    func find(_ path: String...) -> JSONValue? { find(path[...]) }

    func find(_ path: ArraySlice<String>) -> JSONValue? {
        guard let first = path.first else { return self }
        guard case .object(let fields) = self, let next = fields[first] else { return nil }
        return next.find(path.dropFirst())
    }

    func text(_ path: String...) -> String? { find(path[...])?.string }
    func number(_ path: String...) -> Int64? { find(path[...])?.integer }
    func flag(_ path: String...) -> Bool { find(path[...])?.bool ?? false }
    func list(_ path: String...) -> [JSONValue] { find(path[...])?.array ?? [] }
    func fields(_ path: String...) -> JSONObject { find(path[...])?.object ?? JSONObject() }

    /// The members that are strings, as labels and annotations are.
    func textMap(_ path: String...) -> [String: String] {
        var map: [String: String] = [:]
        guard let fields = find(path[...])?.object else { return map }
        for (key, value) in fields { map[key] = value.string }
        return map
    }

    /// Writes (or with nil removes) a member, making the objects on the way to it.
    mutating func put(_ value: JSONValue?, _ path: String...) { put(value, path[...]) }

    mutating func put(_ value: JSONValue?, _ path: ArraySlice<String>) {
        guard let first = path.first else { return }
        var fields = object ?? JSONObject()
        if path.count == 1 {
            fields[first] = value
        } else {
            guard value != nil || fields[first] != nil else { return }
            var next = fields[first] ?? .object(JSONObject())
            next.put(value, path.dropFirst())
            fields[first] = next
        }
        self = .object(fields)
    }

    /// Writes only where nothing (or null) is.
    mutating func putDefault(_ value: JSONValue, _ path: String...) {
        if let present = find(path[...]), !present.isNull { return }
        put(value, path[...])
    }

    /// Changes every element of the list at a path; absent lists stay absent.
    mutating func mapList(_ path: String..., change: (inout JSONValue) -> Void) {
        guard var elements = find(path[...])?.array else { return }
        for index in elements.indices { change(&elements[index]) }
        put(.array(elements), path[...])
    }

    static func texts(_ map: [String: String]) -> JSONValue {
        var fields = JSONObject()
        for (key, value) in map.sorted(by: { $0.key < $1.key }) { fields[key] = .string(value) }
        return .object(fields)
    }

    static func texts(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
}
