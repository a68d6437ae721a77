// SPDX-License-Identifier: Apache-2.0

/// Header or trailer fields in order: one store of bytes, and where each name and value lies in it.
///
/// Names compare without case (RFC 9110 section 5.1). Reusing one value for message after message costs no
/// allocation once it has grown.
package struct HTTPFields: Sendable {
    /// Where a field's bytes are in `storage`.
    package struct Entry: Sendable {
        let nameStart: UInt32, nameCount: UInt32
        let valueStart: UInt32, valueCount: UInt32
    }

    private var storage: [UInt8] = []
    private var entries: [Entry] = []

    package init() {}

    package init(_ fields: [(String, String)]) {
        for (name, value) in fields { append(name, value) }
    }

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    /// The value of the first field of that name.
    package subscript(name: String) -> String? {
        firstEntry(named: name).map { text($0.valueStart, $0.valueCount) }
    }

    package func values(named name: String) -> [String] {
        entries.filter { isNamed($0, name) }.map { text($0.valueStart, $0.valueCount) }
    }

    package func contains(_ name: String) -> Bool { firstEntry(named: name) != nil }

    /// Whether the first field of that name has this value, case aside; makes no strings.
    package func isValue(of name: String, _ value: StaticString) -> Bool {
        guard let entry = firstEntry(named: name) else { return false }
        guard Int(entry.valueCount) == value.utf8CodeUnitCount else { return false }
        return value.withUTF8Buffer { wanted in
            wanted.indices.allSatisfy {
                unsafe ASCII.lowercased(storage[Int(entry.valueStart) + $0]) == ASCII.lowercased(wanted[$0])
            }
        }
    }

    package func name(at index: Int) -> String { text(entries[index].nameStart, entries[index].nameCount) }
    package func value(at index: Int) -> String { text(entries[index].valueStart, entries[index].valueCount) }

    package mutating func append(_ name: String, _ value: String) {
        var name = name
        var value = value
        name.withUTF8 { name in
            value.withUTF8 { value in
                unsafe append(name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(value))
            }
        }
    }

    package mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let nameStart = storage.count
        unsafe storage.append(contentsOf: name)
        let valueStart = storage.count
        unsafe storage.append(contentsOf: value)
        entries.append(
            Entry(
                nameStart: UInt32(nameStart), nameCount: UInt32(valueStart - nameStart),
                valueStart: UInt32(valueStart), valueCount: UInt32(storage.count - valueStart)))
    }

    package mutating func removeAll() {
        storage.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
    }

    /// Bytes of all names and values, for limits.
    package var byteCount: Int { storage.count }

    private func firstEntry(named name: String) -> Entry? {
        for entry in entries where isNamed(entry, name) { return entry }
        return nil
    }

    private func isNamed(_ entry: Entry, _ name: String) -> Bool {
        let name = name.utf8
        guard Int(entry.nameCount) == name.count else { return false }
        var position = Int(entry.nameStart)
        for byte in name {
            guard ASCII.lowercased(storage[position]) == ASCII.lowercased(byte) else { return false }
            position += 1
        }
        return true
    }

    private func text(_ start: UInt32, _ count: UInt32) -> String {
        String(decoding: storage[Int(start)..<Int(start + count)], as: UTF8.self)
    }
}

extension HTTPFields: Sequence {
    package struct Iterator: IteratorProtocol {
        private let fields: HTTPFields
        private var index = 0

        init(_ fields: HTTPFields) { self.fields = fields }

        package mutating func next() -> (name: String, value: String)? {
            guard index < fields.count else { return nil }
            defer { index += 1 }
            return (fields.name(at: index), fields.value(at: index))
        }
    }

    package func makeIterator() -> Iterator { Iterator(self) }
}

// Parsers hand over a whole header block with one copy.
extension HTTPFields {
    /// Takes a message's header block as it stands, and where its fields are in it.
    mutating func take(block: UnsafeRawBufferPointer, entries found: [Entry]) {
        storage.removeAll(keepingCapacity: true)
        unsafe storage.append(contentsOf: block)
        entries.removeAll(keepingCapacity: true)
        entries.append(contentsOf: found)
    }
}
