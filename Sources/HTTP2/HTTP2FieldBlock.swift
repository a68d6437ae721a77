// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import CNGHTTP2

/// The fields of one message to be sent, as nghttp2 wants them; used again for the next message.
final class HTTP2FieldBlock {
    private let store = ByteBuffer(minimumCapacity: 1024)
    private var slices: [(name: Range<Int>, value: Range<Int>)] = []
    private(set) var hasContentLength = false

    func begin() {
        store.removeAll()
        slices.removeAll(keepingCapacity: true)
        hasContentLength = false
    }

    /// Adds a field unless it belongs to an HTTP/1.1 connection (RFC 9113 section 8.2.2). Names become lower case;
    /// a control character in a value becomes a space, because the peer would have to refuse the message.
    func add(_ name: String, _ value: String) {
        guard !Self.ofHTTP1.contains(where: { Self.isSame($0, name) }) else { return }
        if Self.isSame("content-length", name) { hasContentLength = true }
        let start = store.count
        for byte in name.utf8 { store.append(Self.lowercased(byte)) }
        let middle = store.count
        for byte in value.utf8 { store.append(byte < 0x20 || byte == 0x7f ? 0x20 : byte) }
        slices.append((start..<middle, middle..<store.count))
    }

    /// nghttp2 copies names and values before `body` returns.
    func withFields<Result>(_ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result) -> Result {
        unsafe store.withUnsafeBytes { bytes in
            unsafe withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: slices.count) { fields in
                let base = unsafe UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
                for (index, slice) in slices.enumerated() {
                    unsafe (fields.baseAddress?.advanced(by: index))?.initialize(
                        to: nghttp2_nv(
                            name: base?.advanced(by: slice.name.lowerBound),
                            value: base?.advanced(by: slice.value.lowerBound), namelen: slice.name.count,
                            valuelen: slice.value.count, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
                }
                return unsafe body(UnsafePointer(fields.baseAddress), slices.count)
            }
        }
    }

    private static func isSame(_ lowercase: StaticString, _ name: String) -> Bool {
        let name = name.utf8
        guard name.count == lowercase.utf8CodeUnitCount else { return false }
        return lowercase.withUTF8Buffer { wanted in
            unsafe zip(wanted, name).allSatisfy { $0 == lowercased($1) }
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 0x20 : byte }

    private static let ofHTTP1: [StaticString] = [
        "connection", "keep-alive", "proxy-connection",
        "transfer-encoding", "upgrade",
    ]
}
