// SPDX-License-Identifier: Apache-2.0
package import Buffers
internal import CJSON

/// One parsed JSON text: simdjson's DOM, which checks everything, also what nobody looks at.
///
/// It keeps nothing of the text it was made from. Strings may be private keys, so their memory is wiped when
/// the document goes. Not `Sendable`: like the buffer it came from, it belongs to one thread.
@safe package final class JSONDocument {
    /// Nesting beyond this is refused. Kubernetes objects stay below 40; a schema in a CRD below 100.
    package static let maximumDepth = 128

    let handle: OpaquePointer

    init() throws(JSONError) {
        guard let handle = unsafe cjson_document_create() else {
            throw JSONError("no memory for a JSON document")
        }
        unsafe self.handle = handle
    }

    deinit { unsafe cjson_document_destroy(handle) }

    package convenience init(parsing buffer: ByteBuffer) throws(JSONError) {
        try self.init()
        try JSONParser().parse(buffer, into: self)
    }

    package convenience init(_ bytes: [UInt8]) throws(JSONError) { try self.init(parsing: ByteBuffer(bytes)) }

    package convenience init(_ text: String) throws(JSONError) {
        try self.init(parsing: ByteBuffer(text.utf8))
    }

    package var root: JSONView { JSONView(self, cjson_root()) }

    /// Two readers of an object with a key twice may see two different things, so what is decided upon must
    /// not have one.
    package func rejectDuplicateKeys() throws(JSONError) { try root.rejectDuplicateKeys() }

    /// Bytes of JSON that fit without new memory.
    var capacity: Int { unsafe cjson_capacity(handle) }
}
