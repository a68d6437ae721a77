// SPDX-License-Identifier: Apache-2.0
internal import CJSON

extension JSONView {
    /// A copy that outlives the document and may cross threads. Of a key that stands twice the first counts.
    package var value: JSONValue {
        switch tag {
        case cjson_object:
            var object = JSONObject()
            object.reserveCapacity(count)
            for (key, value) in members where !object.has(key) { object[key] = value.value }
            return .object(object)
        case cjson_array: return .array(elements.map(\.value))
        case cjson_string: return .string(string ?? "")
        case cjson_int64: return .integer(unsafe cjson_int64_at(document.handle, index))
        case cjson_uint64: return .unsigned(unsafe cjson_uint64_at(document.handle, index))
        case cjson_double: return .double(unsafe cjson_double_at(document.handle, index))
        case cjson_true: return .bool(true)
        case cjson_false: return .bool(false)
        default: return .null
        }
    }

    /// Writes this value as it was read, duplicates and all, without a copy in between.
    package func write(to writer: inout JSONWriter) {
        switch tag {
        case cjson_object:
            writer.beginObject()
            for (key, value) in JSONMemberViews(self) {
                unsafe key.withText { unsafe writer.key(utf8: $0) }
                value.write(to: &writer)
            }
            writer.endObject()
        case cjson_array:
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        case cjson_string: unsafe withText { unsafe writer.string(utf8: $0) }
        case cjson_int64: writer.integer(unsafe cjson_int64_at(document.handle, index))
        case cjson_uint64: writer.integer(unsafe cjson_uint64_at(document.handle, index))
        case cjson_double: writer.double(unsafe cjson_double_at(document.handle, index))
        case cjson_true: writer.bool(true)
        case cjson_false: writer.bool(false)
        default: writer.null()
        }
    }

    /// Throws when an object in here has a key twice, saying which and where.
    package func rejectDuplicateKeys() throws(JSONError) {
        var duplicate = 0
        guard unsafe cjson_find_duplicate(document.handle, index, &duplicate) else {
            throw JSONError("no memory to look for duplicate keys")
        }
        guard duplicate != 0 else { return }
        let key = JSONView(document, duplicate).string ?? ""
        let place = path(to: duplicate)
        throw JSONError(
            "the key \"\(key)\" stands twice in \(place.isEmpty ? "the outermost object" : place)")
    }

    /// The way from here down to the container that holds a tape position, in the manner of
    /// `spec.containers[0]`.
    private func path(to target: Int) -> String {
        var path = ""
        var view = self
        while true {
            var step: (name: String, view: JSONView)?
            if view.isObject {
                for (key, value) in view.members where value.holds(target) {
                    step = (path.isEmpty ? key : ".\(key)", value)
                }
            } else {
                for (position, value) in view.elements.enumerated() where value.holds(target) {
                    step = ("[\(position)]", value)
                }
            }
            guard let step else { return path }
            path += step.name
            view = step.view
        }
    }

    private func holds(_ target: Int) -> Bool {
        unsafe index < target && target < cjson_after(document.handle, index)
    }
}
