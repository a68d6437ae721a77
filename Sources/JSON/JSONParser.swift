// SPDX-License-Identifier: Apache-2.0
package import Buffers
internal import CJSON

/// Parses one text after another in the same memory: for a connection that sees many small reviews.
///
/// The document it hands out is used again only when nobody holds it, or a view of it, any more. Belongs to
/// one thread.
@safe package final class JSONParser {
    /// Memory for a larger text is given back after use; reviews of pods stay below 16 kB.
    package static let keptBytes = 256 * 1024
    /// What each byte of JSON may take: 8 of the tape, 4 of the index, 5/3 of the strings. Only a text of nothing but
    /// brackets and digits takes as much.
    package static let bytesForEach = 14

    private var handle: OpaquePointer
    private var spare: JSONDocument?

    package init() throws(JSONError) { unsafe handle = try Self.makeHandle() }

    deinit { unsafe cjson_parser_destroy(handle) }

    package func parse(_ buffer: ByteBuffer) throws(JSONError) -> JSONDocument {
        if spare == nil || !isKnownUniquelyReferenced(&spare) { spare = nil }
        let document: JSONDocument
        if let spare { document = spare } else { document = try JSONDocument() }
        spare = buffer.count <= Self.keptBytes ? document : nil
        try parse(buffer, into: document)
        if buffer.count > Self.keptBytes {
            let fresh = unsafe try Self.makeHandle()
            unsafe cjson_parser_destroy(handle)
            unsafe handle = fresh
        }
        return document
    }

    func parse(_ buffer: ByteBuffer, into document: JSONDocument) throws(JSONError) {
        let result = unsafe buffer.withUnsafeBytes { bytes in
            // A buffer's memory is never null, and has simdjson's padding behind it.
            guard let start = bytes.baseAddress else { return cjson_empty }
            return unsafe cjson_parse(
                handle, document.handle, start.assumingMemoryBound(to: UInt8.self), bytes.count,
                JSONDocument.maximumDepth)
        }
        guard result == cjson_success else { throw Self.error(result) }
    }

    private static func makeHandle() throws(JSONError) -> OpaquePointer {
        guard let handle = unsafe cjson_parser_create() else {
            throw JSONError("no memory for a JSON parser")
        }
        return unsafe handle
    }

    private static func error(_ result: cjson_result) -> JSONError {
        switch result {
        case cjson_out_of_memory: JSONError("no memory to parse this JSON")
        case cjson_too_large: JSONError("the JSON is larger than 4 GiB")
        case cjson_too_deep: JSONError("the JSON is nested deeper than \(JSONDocument.maximumDepth) levels")
        case cjson_empty: JSONError("there is no JSON here: the text is empty")
        case cjson_bad_utf8: JSONError("the text is not UTF-8, as JSON must be")
        case cjson_bad_string:
            JSONError("a string has a wrong escape: wanted \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\uXXXX")
        case cjson_unclosed_string: JSONError("a string is never closed: its last quote is missing")
        case cjson_control_character:
            JSONError("a string holds a raw control character: wanted an escape such as \\n")
        case cjson_bad_number:
            JSONError("a number is malformed, or is an integer beyond 64 bits, or too large for a double")
        case cjson_bad_literal: JSONError("an unknown word: wanted true, false or null")
        default:
            JSONError("the text is not JSON: a comma, colon or bracket is missing, surplus or out of place")
        }
    }
}
