// SPDX-License-Identifier: Apache-2.0
import Buffers
import FuzzDriver
import HTTP2

@main
enum FuzzHTTP2 {
    static func main() { fuzz(fuzzOne) }
}

/// What a client may send after the preface, to a server that answers each request, and what a server may send to a client
/// that has asked once. Sessions must keep their bounds, and each request must end.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    do {
        try serve(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + bytes)
        try ask(answered: bytes)
    } catch {
        fatalError("\(error)")
    }
    return 0
}

/// A body limit that the longest input can pass.
private let limits: HTTP2Limits = {
    var limits = HTTP2Limits()
    limits.bodyBytes = 1024
    return limits
}()

private func serve(_ bytes: [UInt8]) throws {
    let session = try HTTP2Session(role: .server, limits: limits)
    var open: Set<Int32> = []
    for piece in [bytes[..<(bytes.count / 2)], bytes[(bytes.count / 2)...]] {
        do { try session.receive(Array(piece)) } catch { return }
        while let event = session.nextEvent() {
            switch event {
            case .request(let id):
                precondition(open.insert(id).inserted, "stream \(id) asks twice")
                guard let stream = session.stream(id) else { fatalError("stream \(id) is not there") }
                precondition(!stream.method.isEmpty && stream.body.count <= limits.bodyBytes)
                try session.respond(to: id, status: 200, fields: [("content-type", "text/plain")], body: [65])
            case .closed(let id, _): open.remove(id)
            default: break
            }
        }
        precondition(session.streamCount <= Int(limits.concurrentStreams) * 2, "streams are kept for ever")
        let output = ByteBuffer()
        do { try session.drain(into: output) } catch { return }
    }
}

private func ask(answered bytes: [UInt8]) throws {
    let session = try HTTP2Session(role: .client, limits: limits)
    let id = try session.request(
        method: "GET", scheme: "https", authority: "podmint", path: "/", fields: [], body: [])
    let output = ByteBuffer()
    try session.drain(into: output)
    do { try session.receive(bytes) } catch { return }
    while let event = session.nextEvent() {
        if case .data(let stream) = event { _ = session.takeBody(of: stream) }
        if case .closed(let stream, _) = event { precondition(stream == id, "a stream nobody opened closed") }
    }
    do { try session.drain(into: output) } catch { return }
}
