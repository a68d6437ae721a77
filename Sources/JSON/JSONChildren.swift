// SPDX-License-Identifier: Apache-2.0
internal import CJSON

/// The elements of an array, read in place.
package struct JSONElements: Sequence, IteratorProtocol {
    private let document: JSONDocument
    private var position: Int
    package let underestimatedCount: Int

    init(_ array: JSONView) {
        document = array.document
        underestimatedCount = array.isArray ? array.count : 0
        position = array.tag == cjson_array ? unsafe cjson_first(array.document.handle, array.index) : 0
    }

    package mutating func next() -> JSONView? {
        guard position != 0 else { return nil }
        let element = JSONView(document, position)
        let after = unsafe cjson_after(document.handle, position)
        position = unsafe cjson_is_end(document.handle, after) ? 0 : after
        return element
    }
}

/// The members of an object in the order of the text, duplicates included.
package struct JSONMembers: Sequence, IteratorProtocol {
    private var keys: JSONMemberViews

    init(_ object: JSONView) { keys = JSONMemberViews(object) }

    package mutating func next() -> (key: String, value: JSONView)? {
        guard let (key, value) = keys.next(), let name = key.string else { return nil }
        return (name, value)
    }
}

/// Members whose keys stay in place too.
struct JSONMemberViews: Sequence, IteratorProtocol {
    private let document: JSONDocument
    private var position: Int

    init(_ object: JSONView) {
        document = object.document
        position = object.tag == cjson_object ? unsafe cjson_first(object.document.handle, object.index) : 0
    }

    mutating func next() -> (key: JSONView, value: JSONView)? {
        guard position != 0 else { return nil }
        let member = (key: JSONView(document, position), value: JSONView(document, position + 1))
        let after = unsafe cjson_after(document.handle, position + 1)
        position = unsafe cjson_is_end(document.handle, after) ? 0 : after
        return member
    }
}

// By the beginning of their keys, compared in place: most objects have many members and none of those wanted.
extension JSONView {
    package func hasMember(prefixed prefix: StaticString) -> Bool {
        JSONMemberViews(self).contains { key, _ in key.hasPrefix(prefix) }
    }

    /// Keys come without the prefix.
    package func members(prefixed prefix: StaticString) -> [(key: String, value: JSONView)] {
        var found: [(key: String, value: JSONView)] = []
        for (key, value) in JSONMemberViews(self) where key.hasPrefix(prefix) {
            let rest = unsafe key.withText {
                unsafe String(decoding: $0.dropFirst(prefix.utf8CodeUnitCount), as: UTF8.self)
            }
            found.append((rest, value))
        }
        return found
    }

    private func hasPrefix(_ prefix: StaticString) -> Bool {
        unsafe withText { text in
            unsafe text.starts(
                with: UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
        }
    }
}
