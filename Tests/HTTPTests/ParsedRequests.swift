// SPDX-License-Identifier: Apache-2.0
import Buffers
import Testing

@testable import HTTP

/// What came out of a stream of bytes: requests, then perhaps a refusal.
struct Outcome: Equatable, CustomStringConvertible {
    var requests: [String] = []
    var refusal: HTTP1Refusal?
    var description: String { "\(requests) \(refusal.map { "\($0.status) \($0.reason)" } ?? "-")" }
}

/// Feeds the pieces one after the other, as a connection does.
func parseRequests(_ pieces: [ArraySlice<UInt8>], limits: HTTPLimits = HTTPLimits()) -> Outcome {
    var parser = HTTP1RequestParser(limits: limits)
    let input = ByteBuffer(minimumCapacity: 64)
    var outcome = Outcome()
    for piece in pieces {
        input.append(piece)
        do throws(HTTP1Refusal) {
            while true {
                let step = try parser.advance(input)
                if step == .head { continue }
                if step == .needsMore { break }
                let request = parser.request
                let fields = request.fields.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
                outcome.requests.append(
                    "\(request.method.rawValue) \(request.path) \(request.query ?? "-") \(fields)"
                        + " \(String(decoding: request.body.bytes, as: UTF8.self)) \(parser.keepsAlive)")
            }
            parser.reclaim(input)
        } catch {
            outcome.refusal = error
            return outcome
        }
    }
    return outcome
}

/// Whole, byte by byte, and at each single cut: the same outcome.
func parseInEveryWay(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Outcome {
    let bytes = Array(text.utf8)
    let whole = parseRequests([bytes[...]], limits: limits)
    #expect(parseRequests(bytes.indices.map { bytes[$0...$0] }, limits: limits) == whole)
    for cut in bytes.indices {
        let cutOutcome = parseRequests([bytes[..<cut], bytes[cut...]], limits: limits)
        #expect(cutOutcome == whole, "cut at \(cut)")
    }
    return whole
}
