// SPDX-License-Identifier: Apache-2.0
internal import CJSON

/// One value inside a `JSONDocument`, which it keeps alive: two words, read in place, no copy until `string`
/// asks for one.
///
/// Reading as the wrong type gives nil. Of a key that stands twice the first counts; `rejectDuplicateKeys`
/// refuses it.
package struct JSONView {
    package enum Kind: String, Sendable { case null, bool, integer, double, string, array, object }

    let document: JSONDocument
    /// A position on the document's tape; always one that a value starts at.
    let index: Int

    init(_ document: JSONDocument, _ index: Int) {
        self.document = document
        self.index = index
    }

    var tag: cjson_kind { unsafe cjson_kind_at(document.handle, index) }

    package var kind: Kind {
        switch tag {
        case cjson_object: .object
        case cjson_array: .array
        case cjson_string: .string
        case cjson_int64, cjson_uint64: .integer
        case cjson_double: .double
        case cjson_true, cjson_false: .bool
        default: .null
        }
    }

    package var isNull: Bool { tag == cjson_null }
    package var isObject: Bool { tag == cjson_object }
    package var isArray: Bool { tag == cjson_array }

    package var bool: Bool? {
        switch tag {
        case cjson_true: true
        case cjson_false: false
        default: nil
        }
    }

    package var integer: Int64? { tag == cjson_int64 ? unsafe cjson_int64_at(document.handle, index) : nil }

    /// Also of integers beyond `Int64`.
    package var unsigned: UInt64? {
        switch tag {
        case cjson_uint64: unsafe cjson_uint64_at(document.handle, index)
        case cjson_int64: UInt64(exactly: unsafe cjson_int64_at(document.handle, index))
        default: nil
        }
    }

    /// Of any number; integers are rounded where a double cannot hold them.
    package var double: Double? {
        switch tag {
        case cjson_double: unsafe cjson_double_at(document.handle, index)
        case cjson_int64: Double(unsafe cjson_int64_at(document.handle, index))
        case cjson_uint64: Double(unsafe cjson_uint64_at(document.handle, index))
        default: nil
        }
    }

    package var string: String? {
        tag == cjson_string ? unsafe withText { unsafe String(decoding: $0, as: UTF8.self) } : nil
    }

    /// The bytes of a string, for what must not become a `String` first (base64 of a key, say).
    package func withUTF8<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard tag == cjson_string else { return nil }
        return try unsafe withText(body)
    }

    /// Whether this is that string; makes no copy.
    package func isString(_ text: StaticString) -> Bool {
        tag == cjson_string
            && (unsafe withText { found in
                guard found.count == text.utf8CodeUnitCount else { return false }
                return found.indices.allSatisfy { unsafe found[$0] == text.utf8Start[$0] }
            })
    }

    package func isString(_ text: String) -> Bool {
        tag == cjson_string
            && (unsafe withText { found in
                found.count == text.utf8.count && (unsafe found.elementsEqual(text.utf8))
            })
    }

    /// How many elements or members; 0 for what has none.
    package var count: Int {
        switch tag {
        case cjson_array, cjson_object: unsafe cjson_count(document.handle, index)
        default: 0
        }
    }

    package subscript(_ key: String) -> JSONView? {
        guard tag == cjson_object else { return nil }
        let found = unsafe key.utf8.withContiguousStorageIfAvailable { unsafe find($0) }
        return (found ?? find(copying: key)).map { JSONView(document, $0) }
    }

    package subscript(_ key: StaticString) -> JSONView? {
        guard tag == cjson_object else { return nil }
        let bytes = unsafe UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        return unsafe find(bytes).map { JSONView(document, $0) }
    }

    package subscript(_ position: Int) -> JSONView? {
        guard tag == cjson_array, position >= 0 else { return nil }
        var elements = elements.makeIterator()
        for _ in 0..<position where elements.next() == nil { return nil }
        return elements.next()
    }

    /// Whether there is such a member, be it null.
    package func has(_ key: String) -> Bool { self[key] != nil }

    package func at(_ outer: StaticString, _ inner: StaticString) -> JSONView? { self[outer]?[inner] }

    package func at(_ outer: StaticString, _ middle: StaticString, _ inner: StaticString) -> JSONView? {
        self[outer]?[middle]?[inner]
    }

    /// The elements of an array; none for anything else.
    package var elements: JSONElements { JSONElements(self) }
    /// The members of an object, in their order; none for anything else.
    package var members: JSONMembers { JSONMembers(self) }

    // MARK: -

    func withText<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let text = unsafe cjson_text_at(document.handle, index)
        defer { extendLifetime(document) }
        return try unsafe body(UnsafeBufferPointer(start: text.bytes, count: text.count))
    }

    private func find(_ key: UnsafeBufferPointer<UInt8>) -> Int? {
        let found = unsafe cjson_find(document.handle, index, key.baseAddress, key.count)
        return found == 0 ? nil : found
    }

    private func find(copying key: String) -> Int? {
        unsafe Array(key.utf8).withUnsafeBufferPointer { unsafe find($0) }
    }
}
