// SPDX-License-Identifier: Apache-2.0
package import JSON

/// A Secret without what is secret: its metadata, type and the names of its entries. The values stay in the
/// document it was read from, for who decodes them into wiped memory.
package struct Secret: Sendable, Hashable {
    package var metadata: RecordMetadata
    package var type: String
    package var keys: Set<String>

    package init(metadata: RecordMetadata, type: String = "Opaque", keys: Set<String> = []) {
        self.metadata = metadata
        self.type = type
        self.keys = keys
    }

    package init(_ object: JSONView) throws(RecordError) {
        metadata = try RecordMetadata(of: object, kind: "Secret")
        type = object["type"]?.string.nonEmpty ?? "Opaque"
        keys = Set(object["data"]?.members.map(\.key) ?? [])
    }
}
