// SPDX-License-Identifier: Apache-2.0
package import Buffers

/// Writes messages in HTTP/1.1's form into a buffer. A control character in a value becomes a space, so that no
/// value can end a line. RFC 9112
package enum HTTP1Encoder {
    /// How the receiver will know where the body ends.
    package enum Framing: Sendable {
        case length(Int)
        case chunked
        /// 1xx, 204 and 304 have neither body nor length.
        case none
    }

    package static func appendHead(
        status: Int, fields: [(String, String)], framing: Framing, keepsAlive: Bool, date: String? = nil,
        to buffer: ByteBuffer
    ) {
        appendStatusLine(status, to: buffer)
        for (name, value) in fields { appendField(name, value, to: buffer) }
        if let date { appendField("date", date, to: buffer) }
        switch framing {
        case .length(let count):
            buffer.append("content-length: ")
            appendDecimal(count, to: buffer)
            buffer.append("\r\n")
        case .chunked: buffer.append("transfer-encoding: chunked\r\n")
        case .none: break
        }
        if !keepsAlive { buffer.append("connection: close\r\n") }
        buffer.append("\r\n")
    }

    /// A whole response. `HEAD` gets the length of the body and no body (RFC 9110 section 9.3.2).
    package static func append(
        _ response: HTTPResponse, answering method: HTTPMethod, keepsAlive: Bool, date: String? = nil,
        to buffer: ByteBuffer
    ) {
        let hasNone = response.status < 200 || response.status == 204 || response.status == 304
        appendHead(
            status: response.status, fields: response.fields,
            framing: hasNone ? .none : .length(response.body.count), keepsAlive: keepsAlive, date: date,
            to: buffer)
        guard !hasNone && method != .head else { return }
        unsafe response.body.withUnsafeBytes { unsafe buffer.append(copying: $0) }
    }

    /// A request's header; `path` with its query. Content-length is sent wherever a body may be expected.
    package static func appendRequestHead(
        _ method: HTTPMethod, path: String, host: String, fields: [(String, String)], bodyCount: Int,
        to buffer: ByteBuffer
    ) {
        appendText(method.rawValue, to: buffer)
        buffer.append(" ")
        appendText(path, to: buffer)
        buffer.append(" HTTP/1.1\r\n")
        appendField("host", host, to: buffer)
        for (name, value) in fields { appendField(name, value, to: buffer) }
        if bodyCount > 0 || method == .post || method == .put || method == .patch {
            buffer.append("content-length: ")
            appendDecimal(bodyCount, to: buffer)
            buffer.append("\r\n")
        }
        buffer.append("\r\n")
    }

    /// One chunk; nothing for no bytes, since an empty chunk would end the body.
    package static func appendChunk(_ bytes: [UInt8], to buffer: ByteBuffer) {
        guard !bytes.isEmpty else { return }
        appendText(String(bytes.count, radix: 16), to: buffer)
        buffer.append("\r\n")
        unsafe bytes.withUnsafeBytes { unsafe buffer.append(copying: $0) }
        buffer.append("\r\n")
    }

    package static func appendLastChunk(to buffer: ByteBuffer) { buffer.append("0\r\n\r\n") }

    package static func appendContinue(to buffer: ByteBuffer) {
        buffer.append("HTTP/1.1 100 Continue\r\n\r\n")
    }

    private static func appendField(_ name: String, _ value: String, to buffer: ByteBuffer) {
        appendText(name, to: buffer)
        buffer.append(": ")
        appendText(value, to: buffer)
        buffer.append("\r\n")
    }

    /// UTF-8 as it is, controls as spaces.
    private static func appendText(_ text: String, to buffer: ByteBuffer) {
        var text = text
        text.withUTF8 { bytes in
            if unsafe bytes.allSatisfy(ASCII.isFieldContent) {
                unsafe buffer.append(copying: UnsafeRawBufferPointer(bytes))
            } else {
                unsafe bytes.forEach { buffer.append(ASCII.isFieldContent($0) ? $0 : ASCII.space) }
            }
        }
    }

    private static func appendDecimal(_ number: Int, to buffer: ByteBuffer) {
        if number >= 10 { appendDecimal(number / 10, to: buffer) }
        buffer.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    private static func appendStatusLine(_ status: Int, to buffer: ByteBuffer) {
        guard status != 200 else { return buffer.append("HTTP/1.1 200 OK\r\n") }
        buffer.append("HTTP/1.1 ")
        appendDecimal(status, to: buffer)
        buffer.append(" ")
        buffer.append(HTTPStatus.phrase(status))
        buffer.append("\r\n")
    }
}
