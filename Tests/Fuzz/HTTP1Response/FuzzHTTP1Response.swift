// SPDX-License-Identifier: Apache-2.0
import Buffers
import FuzzDriver
import HTTP

@main
enum FuzzHTTP1Response {
    static func main() { fuzz(fuzzOne) }
}

/// Feeds the response parser an answer to GET and to HEAD, whole and byte by byte: both must be read alike, and no more
/// may be kept than came.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    for method in [HTTPMethod.get, .head] {
        let slowly = outcome(of: bytes.map { [$0] }, answering: method)
        precondition(
            outcome(of: [bytes], answering: method) == slowly,
            "the same bytes, cut elsewhere, were read differently")
    }
    return 0
}

private func outcome(of pieces: [[UInt8]], answering method: HTTPMethod) -> String {
    var parser = HTTP1ResponseParser(answering: method)
    let input = ByteBuffer(minimumCapacity: 64)
    var step = HTTP1ResponseParser.Step.needsMore
    do throws(HTTP1Refusal) {
        for piece in pieces where step != .complete {
            input.append(piece)
            repeat { step = try parser.advance(input) } while step == .head
        }
        step = try parser.endOfInput()
    } catch {
        return "refused"
    }
    precondition(step == .complete)
    precondition(parser.body.count <= pieces.reduce(0) { $0 + $1.count }, "more was kept than came")
    return "\(parser.status) \(parser.fields.count) \(parser.body.bytes) \(parser.keepsAlive)"
}
