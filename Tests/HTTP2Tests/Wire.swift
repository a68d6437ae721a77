// SPDX-License-Identifier: Apache-2.0
import Buffers

/// HTTP/2 frames by hand, for peers that nghttp2 would not let itself be.
enum Wire {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let emptySettings = frame(4)

    static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8]
    {
        let count = UInt32(payload.count)
        return [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags] + number(stream)
            + payload
    }

    static func number(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * $0) & 255) } }

    /// Literal fields that enter no table (RFC 7541 section 6.2.2), lengths up to 16 kB.
    static func fields(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { [0] + text($0.0) + text($0.1) }
    }

    private static func text(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        var rest = bytes.count - 127
        var length: [UInt8] = [127]
        while rest >= 128 {
            length.append(UInt8(rest % 128 + 128))
            rest /= 128
        }
        return length + [UInt8(rest)] + bytes
    }

    static let get: [(String, String)] = [
        (":method", "GET"), (":scheme", "https"), (":authority", "podmint"), (":path", "/readyz"),
    ]
    static let post: [(String, String)] = [
        (":method", "POST"), (":scheme", "https"), (":authority", "podmint"), (":path", "/mutate/pods"),
    ]

    /// HEADERS with END_HEADERS.
    static func headers(_ stream: UInt32, _ list: [(String, String)], end: Bool = true) -> [UInt8] {
        frame(1, flags: 4 | (end ? 1 : 0), stream: stream, fields(list))
    }

    static func data(_ stream: UInt32, _ bytes: [UInt8], end: Bool = true) -> [UInt8] {
        frame(0, flags: end ? 1 : 0, stream: stream, bytes)
    }

    struct Frame: Equatable {
        var type: UInt8
        var flags: UInt8
        var stream: UInt32
        var payload: [UInt8]

        var code: UInt32? {
            switch type {
            case 3: payload.reduce(0) { $0 << 8 | UInt32($1) }
            case 7: payload[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
            default: nil
            }
        }
    }

    static func frames(_ bytes: [UInt8]) -> [Frame] {
        var rest = bytes[...]
        if rest.starts(with: preface) { rest = rest.dropFirst(preface.count) }
        var frames: [Frame] = []
        while rest.count >= 9 {
            let head = Array(rest.prefix(9))
            let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let stream = head[5...8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
            rest = rest.dropFirst(9)
            frames.append(
                Frame(type: head[3], flags: head[4], stream: stream, payload: Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
        return frames
    }
}
