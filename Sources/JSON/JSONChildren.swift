// SPDX-License-Identifier: Apache-2.0
internal import CJSON

/// The elements of an array, read in place.
package struct JSONElements: Sequence, IteratorProtocol {
    private let document: JSONDocument
    private var position: Int

    init(_ array: JSONView) {
        document = array.document
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
