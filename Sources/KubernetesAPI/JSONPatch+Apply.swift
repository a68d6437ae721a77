// SPDX-License-Identifier: Apache-2.0
package import JSON

extension JSONPatch {
    /// How strictly a patch is taken.
    package enum Semantics: Sendable {
        /// RFC 6902 to the letter.
        case standard
        /// As a Kubernetes API server takes a webhook's patch: `replace` of a member that is not there acts as `add`.
        case likeAPIServer
    }

    /// The document with all operations applied; nothing is changed when one of them fails.
    package func applied(
        to document: JSONValue, _ semantics: Semantics = .standard
    ) throws(JSONPatchError) -> JSONValue {
        var result = document
        for operation in operations { try operation.apply(to: &result, semantics) }
        return result
    }
}

extension JSONPatch.Operation {
    fileprivate func apply(
        to document: inout JSONValue, _ semantics: JSONPatch.Semantics
    ) throws(JSONPatchError) {
        switch self {
        case .add(let path, let value): try document.add(value, at: path)
        case .remove(let path): try document.remove(at: path)
        case .replace(let path, let value):
            if semantics == .standard || document.isElement(path) {
                guard document.find(path) != nil else { throw .missing(path) }
            }
            try document.replace(path, with: value)
        case .move(let source, let path):
            guard !source.isProperPrefix(of: path) else { throw .intoItself(path) }
            guard let value = document.find(source) else { throw .missing(source) }
            try document.remove(at: source)
            try document.add(value, at: path)
        case .copy(let source, let path):
            guard let value = document.find(source) else { throw .missing(source) }
            try document.add(value, at: path)
        case .test(let path, let value):
            let found = document.find(path)
            guard let found, found.isSameJSON(as: value) else { throw .testFailed(path, found: found) }
        }
    }
}

extension JSONValue {
    /// What a pointer points at.
    package func find(_ pointer: JSONPointer) -> JSONValue? {
        var value = self
        for token in pointer.tokens {
            switch value {
            case .object(let object):
                guard let next = object[token] else { return nil }
                value = next
            case .array(let array):
                guard let index = Self.index(token, below: array.count) else { return nil }
                value = array[index]
            default: return nil
            }
        }
        return value
    }

    fileprivate func isElement(_ pointer: JSONPointer) -> Bool {
        guard let parent = pointer.parent, case .array = find(parent) else { return false }
        return true
    }

    /// RFC 6902 section 4.6: numbers are equal by value, so `1` and `1.0` are.
    fileprivate func isSameJSON(as other: JSONValue) -> Bool {
        switch (self, other) {
        case (.array(let these), .array(let those)):
            these.count == those.count && zip(these, those).allSatisfy { $0.isSameJSON(as: $1) }
        case (.object(let these), .object(let those)):
            these.count == those.count
                && these.allSatisfy { those[$0.key].map($0.value.isSameJSON) ?? false }
        case (.integer(let integer), .double(let double)), (.double(let double), .integer(let integer)):
            Int64(exactly: double) == integer
        default: self == other
        }
    }

    fileprivate mutating func add(_ value: JSONValue, at pointer: JSONPointer) throws(JSONPatchError) {
        try edit(pointer, whole: value) { (array, token) throws(JSONPatchError) in
            guard let index = token == "-" ? array.count : Self.index(token, below: array.count + 1) else {
                throw .badIndex(pointer)
            }
            array.insert(value, at: index)
        } member: { (object, token) throws(JSONPatchError) in
            object[token] = value
        }
    }

    fileprivate mutating func replace(_ pointer: JSONPointer, with value: JSONValue) throws(JSONPatchError) {
        try edit(pointer, whole: value) { (array, token) throws(JSONPatchError) in
            guard let index = Self.index(token, below: array.count) else { throw .badIndex(pointer) }
            array[index] = value
        } member: { (object, token) throws(JSONPatchError) in
            object[token] = value
        }
    }

    fileprivate mutating func remove(at pointer: JSONPointer) throws(JSONPatchError) {
        try edit(pointer, whole: .null) { (array, token) throws(JSONPatchError) in
            guard let index = Self.index(token, below: array.count) else { throw .badIndex(pointer) }
            array.remove(at: index)
        } member: { (object, token) throws(JSONPatchError) in
            guard object.has(token) else { throw .missing(pointer) }
            object[token] = nil
        }
    }

    /// Walks down to the container of the last token and changes it there; `whole` takes the place of everything when
    /// the pointer is empty.
    private mutating func edit(
        _ pointer: JSONPointer, whole: JSONValue,
        element: (inout [JSONValue], String) throws(JSONPatchError) -> Void,
        member: (inout JSONObject, String) throws(JSONPatchError) -> Void
    ) throws(JSONPatchError) {
        guard !pointer.tokens.isEmpty else {
            self = whole
            return
        }
        try edit(pointer, depth: 0, element, member)
    }

    private mutating func edit(
        _ pointer: JSONPointer, depth: Int,
        _ element: (inout [JSONValue], String) throws(JSONPatchError) -> Void,
        _ member: (inout JSONObject, String) throws(JSONPatchError) -> Void
    ) throws(JSONPatchError) {
        let token = pointer.tokens[depth]
        let isLast = depth == pointer.tokens.count - 1
        switch self {
        case .array(var array):
            self = .null  // so that the array changes in place
            if isLast {
                try element(&array, token)
            } else {
                guard let index = Self.index(token, below: array.count) else { throw .badIndex(pointer) }
                try array[index].edit(pointer, depth: depth + 1, element, member)
            }
            self = .array(array)
        case .object(var object):
            self = .null
            if isLast {
                try member(&object, token)
            } else {
                guard var child = object[token] else { throw .missing(pointer) }
                object[token] = .null
                try child.edit(pointer, depth: depth + 1, element, member)
                object[token] = child
            }
            self = .object(object)
        default: throw .notAContainer(pointer)
        }
    }

    /// Digits without a leading zero (RFC 6901 section 4).
    private static func index(_ token: String, below count: Int) -> Int? {
        let digits = token.utf8
        guard (1...9).contains(digits.count), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return nil
        }
        guard digits.count == 1 || digits.first != 0x30, let index = Int(token), index < count else {
            return nil
        }
        return index
    }
}
