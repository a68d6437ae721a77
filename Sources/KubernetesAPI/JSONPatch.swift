// SPDX-License-Identifier: Apache-2.0
package import JSON

/// A JSON Patch (RFC 6902): operations that apply in order, or not at all.
package struct JSONPatch: Hashable, Sendable {
    package enum Operation: Hashable, Sendable {
        case add(JSONPointer, JSONValue)
        case remove(JSONPointer)
        case replace(JSONPointer, JSONValue)
        case move(from: JSONPointer, to: JSONPointer)
        case copy(from: JSONPointer, to: JSONPointer)
        case test(JSONPointer, JSONValue)
    }

    /// The API server takes no more of them either.
    package static let maximumOperations = 10_000

    package var operations: [Operation]

    package init(_ operations: [Operation] = []) { self.operations = operations }

    package var isEmpty: Bool { operations.isEmpty }

    /// Reads the array of a request or a webhook's answer; unknown members are ignored (RFC 6902 section 4).
    package init(parsing document: JSONValue) throws(JSONPatchError) {
        guard let elements = document.array else {
            throw .malformed("a JSON Patch is an array of operations")
        }
        guard elements.count <= Self.maximumOperations else {
            throw .malformed("\(elements.count) operations; at most \(Self.maximumOperations) are allowed")
        }
        operations = []
        operations.reserveCapacity(elements.count)
        for (position, element) in elements.enumerated() {
            operations.append(try Operation(parsing: element, at: position))
        }
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for operation in operations { operation.write(to: &writer) }
        writer.endArray()
    }

    package func serialized() -> [UInt8] {
        var writer = JSONWriter(reserving: 4096)
        write(to: &writer)
        return writer.bytes
    }
}

/// Why a patch cannot be read or does not apply.
package enum JSONPatchError: Error, Hashable, CustomStringConvertible {
    /// It is no patch at all.
    case malformed(String)
    /// Nothing is there to change.
    case missing(JSONPointer)
    /// An index that the array does not have, or a token that is no index.
    case badIndex(JSONPointer)
    /// The path leads through something that is neither object nor array.
    case notAContainer(JSONPointer)
    /// A value may not move into its own child.
    case intoItself(JSONPointer)
    /// A `test` found something else.
    case testFailed(JSONPointer, found: JSONValue?)

    package var description: String {
        switch self {
        case .malformed(let reason): reason
        case .missing(let path): "nothing is at \(path)"
        case .badIndex(let path): "\(path) ends in no index of that array"
        case .notAContainer(let path): "\(path) leads through a value that is neither an object nor an array"
        case .intoItself(let path): "a value cannot move into its own child \(path)"
        case .testFailed(let path, let found):
            "the test of \(path) failed: found \(found.map { String($0.text.prefix(200)) } ?? "nothing")"
        }
    }
}

extension JSONPatch.Operation {
    fileprivate init(parsing element: JSONValue, at position: Int) throws(JSONPatchError) {
        guard let name = element["op"]?.string else {
            throw .malformed("operation \(position) has no \"op\"")
        }
        func pointer(_ member: String) throws(JSONPatchError) -> JSONPointer {
            guard let text = element[member]?.string else {
                throw .malformed("operation \(position) (\(name)) has no \"\(member)\"")
            }
            guard let pointer = JSONPointer(parsing: text) else {
                throw .malformed(
                    "operation \(position) (\(name)): \"\(text.prefix(200))\" is no JSON pointer")
            }
            return pointer
        }
        func value() throws(JSONPatchError) -> JSONValue {
            guard let value = element["value"] else {
                throw .malformed("operation \(position) (\(name)) has no \"value\"")
            }
            return value
        }
        switch name {
        case "add": self = .add(try pointer("path"), try value())
        case "remove": self = .remove(try pointer("path"))
        case "replace": self = .replace(try pointer("path"), try value())
        case "move": self = .move(from: try pointer("from"), to: try pointer("path"))
        case "copy": self = .copy(from: try pointer("from"), to: try pointer("path"))
        case "test": self = .test(try pointer("path"), try value())
        default: throw .malformed("operation \(position): \"\(name.prefix(40))\" is no operation of RFC 6902")
        }
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .add(let path, let value): Self.write("add", path, value, to: &writer)
        case .remove(let path): Self.write("remove", path, nil, to: &writer)
        case .replace(let path, let value): Self.write("replace", path, value, to: &writer)
        case .move(let source, let path): Self.write("move", path, nil, from: source, to: &writer)
        case .copy(let source, let path): Self.write("copy", path, nil, from: source, to: &writer)
        case .test(let path, let value): Self.write("test", path, value, to: &writer)
        }
        writer.endObject()
    }

    private static func write(
        _ name: StaticString, _ path: JSONPointer, _ value: JSONValue?, from source: JSONPointer? = nil,
        to writer: inout JSONWriter
    ) {
        writer.key("op" as StaticString)
        writer.string(name)
        if let source {
            writer.key("from" as StaticString)
            source.write(to: &writer)
        }
        writer.key("path" as StaticString)
        path.write(to: &writer)
        if let value {
            writer.key("value" as StaticString)
            value.write(to: &writer)
        }
    }
}
