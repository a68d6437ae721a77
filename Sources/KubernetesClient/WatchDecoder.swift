// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import JSON

/// One line of a watch.
struct WatchEvent {
    enum Kind: Sendable { case added, modified, deleted, bookmark, error }

    let kind: Kind
    let object: JSONView
}

/// Cuts a watch's stream into events, wherever its pieces happen to be cut. Knows no I/O. Belongs to one
/// task.
final class WatchDecoder {
    /// etcd keeps objects up to 1.5 MiB; as JSON, escaped, that is at most six times as much.
    static let maximumLine = 10 * 1024 * 1024

    private let limit: Int
    private let line = ByteBuffer()
    private let parser: JSONParser

    init(limit: Int = maximumLine) throws(KubernetesError) {
        self.limit = limit
        do { parser = try JSONParser() } catch { throw .malformed("\(error)") }
    }

    func decode(
        _ piece: [UInt8], _ handle: (WatchEvent) throws(KubernetesError) -> Void
    ) throws(KubernetesError) {
        var rest = piece[...]
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            try append(rest[..<newline])
            rest = rest[(newline + 1)...]
            if let event = try event() { try handle(event) }
        }
        try append(rest)
    }

    private func append(_ bytes: ArraySlice<UInt8>) throws(KubernetesError) {
        guard line.count + bytes.count <= limit else {
            throw .malformed("a watch event is larger than \(limit) bytes")
        }
        line.append(bytes)
    }

    private func event() throws(KubernetesError) -> WatchEvent? {
        defer { line.removeAll() }
        guard !line.isEmpty else { return nil }
        do {
            let root = try parser.parse(line).root
            guard let object = root["object"], object.isObject else {
                throw JSONError("an event without an object")
            }
            guard let kind = kind(root["type"]) else { throw JSONError("an event of unknown type") }
            return WatchEvent(kind: kind, object: object)
        } catch {
            throw .malformed("watch: \(error)")
        }
    }

    private func kind(_ type: JSONView?) -> WatchEvent.Kind? {
        guard let type else { return nil }
        if type.isString("ADDED") { return .added }
        if type.isString("MODIFIED") { return .modified }
        if type.isString("DELETED") { return .deleted }
        if type.isString("BOOKMARK") { return .bookmark }
        if type.isString("ERROR") { return .error }
        return nil
    }
}
