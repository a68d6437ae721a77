// SPDX-License-Identifier: Apache-2.0
package import Buffers

/// A JSON value of its own, to keep, build and change. `unsigned` holds only what `integer` cannot.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// Refuses a key that stands twice, anywhere.
    package init(parsing bytes: [UInt8]) throws(JSONError) { try self.init(parsing: ByteBuffer(bytes)) }

    package init(parsing text: String) throws(JSONError) { try self.init(parsing: ByteBuffer(text.utf8)) }

    package init(parsing buffer: ByteBuffer) throws(JSONError) {
        let document = try JSONDocument(parsing: buffer)
        try document.rejectDuplicateKeys()
        self = document.root.value
    }

    /// An unsigned number as the case that stands for it.
    package init(_ number: UInt64) {
        if let signed = Int64(exactly: number) { self = .integer(signed) } else { self = .unsigned(number) }
    }

    package var isNull: Bool { self == .null }

    package var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    package var integer: Int64? {
        if case .integer(let integer) = self { integer } else { nil }
    }

    package var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let array) = self { array } else { nil }
    }

    package var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// A member. Setting one on what is not an object makes it one; setting nil removes the member.
    package subscript(_ key: String) -> JSONValue? {
        get { object?[key] }
        set {
            var object = object ?? [:]
            // Our reference is given up first, so that the object changes in place.
            if case .object = self { self = .null }
            object[key] = newValue
            self = .object(object)
        }
    }

    /// An element. Setting one outside the array, or on what is no array, is a bug of the caller.
    package subscript(_ position: Int) -> JSONValue? {
        get {
            guard let array, array.indices.contains(position) else { return nil }
            return array[position]
        }
        set {
            guard case .array(var array) = self, array.indices.contains(position) else {
                preconditionFailure("an element is set that the array does not have")
            }
            self = .null
            if let newValue { array[position] = newValue } else { array.remove(at: position) }
            self = .array(array)
        }
    }

    package func at(_ path: String...) -> JSONValue? {
        path.reduce(Optional(self)) { value, key in value?[key] }
    }

    package func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let bool): writer.bool(bool)
        case .integer(let integer): writer.integer(integer)
        case .unsigned(let unsigned): writer.integer(unsigned)
        case .double(let double): writer.double(double)
        case .string(let string): writer.string(string)
        case .array(let array):
            writer.beginArray()
            for element in array { element.write(to: &writer) }
            writer.endArray()
        case .object(let object):
            if let text = object.renderedText, writer.takesRendered { return writer.raw(text) }
            writer.beginObject()
            for (key, value) in object {
                writer.key(key)
                value.write(to: &writer)
            }
            writer.endObject()
        }
    }

    /// Compact, as it goes over the wire.
    package func serialized() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// The same value; an object among them brings its text along, so that writing it again is one copy.
    package var rendered: JSONValue {
        guard case .object(let object) = self else { return self }
        return .object(JSONObject(object, renderedAs: serialized()))
    }

    /// Compact, for a message.
    package var text: String { String(decoding: serialized(), as: UTF8.self) }

    /// Indented by two, one member a line, with a newline at the end: for people.
    package var indentedText: String {
        var writer = JSONWriter(indented: true)
        write(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }
}

extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements {
            precondition(!object.has(key), "a literal object has a key twice")
            object[key] = value
        }
        self = .object(object)
    }
}
