// SPDX-License-Identifier: Apache-2.0
package import JSON

/// Reads YAML, or JSON, as kubectl does: the documents of a stream, each as JSON; empty ones are left out.
///
/// Refuses what JSON cannot say (infinity, keys that are no scalars), keys that stand twice, and texts made
/// to explode.
package enum YAMLDocuments {
    /// A manifest holds many objects of at most 1.5 MiB each (etcd's limit); this is ten of the largest.
    package static let maximumSize = 16 * 1024 * 1024
    static let maximumDepth = JSONDocument.maximumDepth
    /// What aliases may add in all: text bytes and 16 for each value. A real manifest repeats a few hundred
    /// lines.
    static let maximumExpansion = 8 * 1024 * 1024

    package static func parse(_ text: String) throws(YAMLError) -> [JSONValue] { try parse(Array(text.utf8)) }

    package static func parse(_ bytes: [UInt8]) throws(YAMLError) -> [JSONValue] {
        guard bytes.count <= maximumSize else {
            throw YAMLMark().error("the text has \(bytes.count) bytes: wanted at most \(maximumSize)")
        }
        // JSON is nearly YAML, but its \u escapes come in surrogate pairs, which libyaml does not take.
        let isJSON = bytes.first { $0 > 0x20 } == UInt8(ascii: "{")
        if isJSON, let value = try? JSONValue(parsing: bytes) { return [value] }
        var builder = try YAMLBuilder(bytes)
        return try builder.documents()
    }
}

/// Turns libyaml's events into values.
private struct YAMLBuilder {
    private let events: YAMLEvents
    private var anchors: [String: Node] = [:]
    private var expansion = 0

    /// A value and what a copy of it costs.
    private struct Node {
        var value: JSONValue
        var weight: Int
    }

    init(_ bytes: [UInt8]) throws(YAMLError) { events = try YAMLEvents(bytes) }

    mutating func documents() throws(YAMLError) -> [JSONValue] {
        var documents: [JSONValue] = []
        while true {
            switch try events.next().event {
            case .documentStart:
                let (event, mark) = try events.next()
                let value = try node(event, mark, depth: 1).value
                if !value.isNull { documents.append(value) }
                anchors.removeAll()
            case .streamEnd: return documents
            default: break
            }
        }
    }

    private mutating func node(_ event: YAMLEvent, _ mark: YAMLMark, depth: Int) throws(YAMLError) -> Node {
        guard depth <= YAMLDocuments.maximumDepth else {
            throw mark.error("nested deeper than \(YAMLDocuments.maximumDepth) levels")
        }
        switch event {
        case .alias(let name): return try alias(name, mark)
        case .scalar(let text, let isPlain, let tag, let anchor):
            let node = Node(value: try scalar(text, isPlain, tag, mark), weight: 16 + text.utf8.count)
            return remember(node, as: anchor)
        case .sequenceStart(let anchor): return remember(try sequence(depth), as: anchor)
        case .mappingStart(let anchor): return remember(try mapping(depth), as: anchor)
        default: throw mark.error("a value is missing here")
        }
    }

    private mutating func remember(_ node: Node, as anchor: String?) -> Node {
        if let anchor { anchors[anchor] = node }
        return node
    }

    private mutating func alias(_ name: String, _ mark: YAMLMark) throws(YAMLError) -> Node {
        guard let node = anchors[name] else {
            throw mark.error(
                "*\(name) refers to an anchor that is not there yet: wanted &\(name) on a complete value before it"
            )
        }
        expansion += node.weight
        guard expansion <= YAMLDocuments.maximumExpansion else {
            throw mark.error(
                "the aliases of this text expand to more than \(YAMLDocuments.maximumExpansion) bytes")
        }
        return node
    }

    private func scalar(_ text: String, _ isPlain: Bool, _ tag: String?, _ mark: YAMLMark) throws(YAMLError)
        -> JSONValue
    {
        let core = "tag:yaml.org,2002:"
        guard let tag else { return isPlain ? try resolve(text, mark) : .string(text) }
        guard tag.hasPrefix(core) else { return .string(text) }
        let type = tag.dropFirst(core.count)
        let value = ["int", "float", "bool", "null"].contains(type) ? try resolve(text, mark) : .string(text)
        switch (type, value) {
        case ("int", .integer), ("int", .unsigned), ("bool", .bool), ("null", .null): return value
        case ("float", .integer), ("float", .unsigned), ("float", .double): return value
        case ("str", _), ("timestamp", _): return .string(text)
        case ("int", _), ("float", _), ("bool", _), ("null", _):
            throw mark.error("\"\(text)\" is not what its tag !!\(type) says")
        default:
            throw mark.error(
                "the tag !!\(type) is not supported: wanted !!str, !!int, !!float, !!bool or !!null")
        }
    }

    private func resolve(_ text: String, _ mark: YAMLMark) throws(YAMLError) -> JSONValue {
        do { return try YAMLScalar.resolve(plain: text) } catch {
            switch error {
            case .notFinite:
                throw mark.error("\(text) is not a number in JSON: wanted a finite one, or quotes")
            case .beyond64Bits:
                throw mark.error("\(text) does not fit 64 bits: wanted a smaller integer, or quotes")
            }
        }
    }

    private mutating func sequence(_ depth: Int) throws(YAMLError) -> Node {
        var elements: [JSONValue] = []
        var weight = 16
        while true {
            let (event, mark) = try events.next()
            if case .sequenceEnd = event { return Node(value: .array(elements), weight: weight) }
            let element = try node(event, mark, depth: depth + 1)
            elements.append(element.value)
            weight += element.weight
        }
    }

    private mutating func mapping(_ depth: Int) throws(YAMLError) -> Node {
        var members = JSONObject()
        var merged = JSONObject()
        var weight = 16
        while true {
            let (event, mark) = try events.next()
            if case .mappingEnd = event { break }
            let isMerge = if case .scalar("<<", true, nil, _) = event { true } else { false }
            let key = try self.key(event, mark, depth)
            let (valueEvent, valueMark) = try events.next()
            let value = try node(valueEvent, valueMark, depth: depth + 1)
            weight += 16 + key.utf8.count + value.weight
            if isMerge {
                try merge(value.value, into: &merged, valueMark)
            } else {
                guard !members.has(key) else {
                    throw mark.error("the key \"\(key)\" stands twice in this mapping")
                }
                members[key] = value.value
            }
        }
        for (key, value) in merged where !members.has(key) { members[key] = value }
        return Node(value: .object(members), weight: weight)
    }

    private mutating func key(_ event: YAMLEvent, _ mark: YAMLMark, _ depth: Int) throws(YAMLError) -> String
    {
        switch try node(event, mark, depth: depth + 1).value {
        case .string(let text): return text
        case .bool(let bool): return bool ? "true" : "false"
        case .integer(let integer): return String(integer)
        case .unsigned(let unsigned): return String(unsigned)
        case .double(let double): return "\(double)"
        case .null: throw mark.error("a key is empty or null: wanted a text (is a template variable unset?)")
        case .array, .object:
            throw mark.error("a list or mapping stands as a key: wanted a text (is {{ }} unquoted?)")
        }
    }

    /// `<<`: members of other mappings, where the earlier mapping wins and own members win over all.
    private func merge(_ value: JSONValue, into merged: inout JSONObject, _ mark: YAMLMark) throws(YAMLError)
    {
        switch value {
        case .object(let object):
            for (key, value) in object where !merged.has(key) { merged[key] = value }
        case .array(let objects) where objects.allSatisfy({ $0.object != nil }):
            for object in objects { try merge(object, into: &merged, mark) }
        default: throw mark.error("\"<<\" wants a mapping, or a list of mappings, to merge")
        }
    }
}
