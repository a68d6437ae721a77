// SPDX-License-Identifier: Apache-2.0

/// Members in the order they were added, each key once. Two objects are equal whatever their order.
package struct JSONObject: Sendable {
    package typealias Element = (key: String, value: JSONValue)

    private var entries: [Element] = []
    /// Where each key stands, kept only for large objects: comparing a few short keys beats hashing one.
    private var positions: [String: Int] = [:]
    private static let few = 16
    /// This object's own text, where it was written ahead (`JSONValue.rendered`); gone with the first change.
    private(set) var renderedText: [UInt8]?

    package init() {}

    init(_ object: JSONObject, renderedAs text: [UInt8]) {
        self = object
        renderedText = text
    }

    package mutating func reserveCapacity(_ count: Int) { entries.reserveCapacity(count) }

    package var keys: some Sequence<String> { entries.lazy.map(\.key) }
    package var values: some Sequence<JSONValue> { entries.lazy.map(\.value) }

    package func has(_ key: String) -> Bool { position(of: key) != nil }

    /// Setting a new key appends it; setting nil removes it.
    package subscript(_ key: String) -> JSONValue? {
        get { position(of: key).map { entries[$0].value } }
        set {
            renderedText = nil
            switch (position(of: key), newValue) {
            case (let position?, let value?): entries[position].value = value
            case (let position?, nil): remove(at: position)
            case (nil, let value?): append(key, value)
            case (nil, nil): break
            }
        }
    }

    private func position(of key: String) -> Int? {
        entries.count > Self.few ? positions[key] : entries.firstIndex { $0.key == key }
    }

    private mutating func append(_ key: String, _ value: JSONValue) {
        entries.append((key, value))
        if entries.count > Self.few + 1 { positions[key] = entries.count - 1 } else { index() }
    }

    private mutating func remove(at position: Int) {
        entries.remove(at: position)
        index()
    }

    private mutating func index() {
        positions.removeAll()
        guard entries.count > Self.few else { return }
        for (position, entry) in entries.enumerated() { positions[entry.key] = position }
    }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { entries.count }
    package subscript(position: Int) -> Element { entries[position] }
}

extension JSONObject: Hashable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        var mixed = 0
        for entry in entries {
            var one = Hasher()
            one.combine(entry.key)
            one.combine(entry.value)
            mixed ^= one.finalize()
        }
        hasher.combine(mixed)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements {
            precondition(!has(key), "a literal object has a key twice")
            self[key] = value
        }
    }
}
