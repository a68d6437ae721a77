// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// The JSON Patch (RFC 6902) of one pod, written while it is decided: each operation goes straight into its text.
struct PodPatch: ~Copyable {
    private var writer = JSONWriter(reserving: 4096)
    private(set) var isEmpty = true

    init() { writer.beginArray() }

    /// The whole of it.
    consuming func finish() -> [UInt8] {
        writer.endArray()
        return writer.bytes
    }

    mutating func add(_ value: JSONValue, at path: PodPath) {
        begin("add", path)
        writer.key("value" as StaticString)
        value.write(to: &writer)
        writer.endObject()
    }

    /// The list itself, where there was none.
    mutating func add(all values: [JSONValue], at path: PodPath) {
        begin("add", path)
        writer.key("value" as StaticString)
        writer.beginArray()
        for value in values { value.write(to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    mutating func replace(_ path: PodPath, with value: JSONValue) {
        begin("replace", path)
        writer.key("value" as StaticString)
        value.write(to: &writer)
        writer.endObject()
    }

    mutating func remove(_ path: PodPath) {
        begin("remove", path)
        writer.endObject()
    }

    /// Fails where another object stands by now.
    mutating func test(_ path: PodPath, isNamed name: String) {
        begin("test", path.name)
        writer.key("value" as StaticString)
        writer.string(name)
        writer.endObject()
    }

    private mutating func begin(_ operation: StaticString, _ path: PodPath) {
        isEmpty = false
        writer.beginObject()
        writer.key("op" as StaticString)
        writer.string(operation)
        writer.key("path" as StaticString)
        path.write(to: &writer)
    }
}

/// A place in a pod as a JSON pointer (RFC 6901): a list, an element of it, and what lies in that. No part needs an escape.
struct PodPath {
    fileprivate enum Position {
        case at(Int)
        /// Behind the last element, in an `add` (RFC 6901 section 4).
        case end
    }

    private let list: StaticString
    private var element: Position?
    private var member: StaticString = ""
    private var inner: Position?

    private init(_ list: StaticString) { self.list = list }

    static let annotations = PodPath("/metadata/annotations")
    /// Of `podmint.dev/status`.
    static let status = PodPath("/metadata/annotations/podmint.dev~1status")
    static let volumes = PodPath("/spec/volumes")

    static func list(_ list: ContainerList) -> PodPath {
        switch list {
        case .initContainers: PodPath("/spec/initContainers")
        case .containers: PodPath("/spec/containers")
        }
    }

    static func container(_ container: ContainerView) -> PodPath { list(container.list)[container.index] }

    subscript(index: Int) -> PodPath { with(.at(index)) }
    var end: PodPath { with(.end) }

    /// Of an element.
    var name: PodPath { with("/name") }
    /// Of a container.
    var volumeMounts: PodPath { with("/volumeMounts") }

    private func with(_ position: Position) -> PodPath {
        var path = self
        if element == nil { path.element = position } else { path.inner = position }
        return path
    }

    private func with(_ member: StaticString) -> PodPath {
        var path = self
        path.member = member
        return path
    }

    func write(to writer: inout JSONWriter) {
        writer.beginString()
        writer.append(unescaped: list)
        element?.write(to: &writer)
        writer.append(unescaped: member)
        inner?.write(to: &writer)
        writer.endString()
    }
}

extension PodPath.Position {
    fileprivate func write(to writer: inout JSONWriter) {
        switch self {
        case .at(let index):
            writer.append(unescaped: "/")
            writer.append(index)
        case .end: writer.append(unescaped: "/-")
        }
    }
}
