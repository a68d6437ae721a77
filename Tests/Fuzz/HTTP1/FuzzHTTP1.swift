// SPDX-License-Identifier: Apache-2.0
import Buffers
import FuzzDriver
import HTTP

@main
enum FuzzHTTP1 {
    static func main() { fuzz(fuzzOne) }
}

/// Feeds the request parser whole messages and the same bytes in two pieces: both must be read alike.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let cut = count / 2
    let pieces = outcome(of: [Array(bytes[..<cut]), Array(bytes[cut...])])
    precondition(outcome(of: [bytes]) == pieces, "the same bytes, cut elsewhere, were read differently")
    return 0
}

private func outcome(of pieces: [[UInt8]]) -> [String] {
    var parser = HTTP1RequestParser()
    let input = ByteBuffer(minimumCapacity: 256)
    var seen: [String] = []
    for piece in pieces {
        input.append(piece)
        do {
            parsing: while true {
                switch try parser.advance(input) {
                case .needsMore: break parsing
                case .head: continue
                case .complete:
                    let request = parser.request
                    seen.append(
                        "\(request.method) \(request.path) \(request.query ?? "-") \(request.body.bytes)")
                }
            }
            parser.reclaim(input)
        } catch {
            return seen + ["refused"]
        }
    }
    return seen
}
