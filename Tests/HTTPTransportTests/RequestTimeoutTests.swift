// SPDX-License-Identifier: Apache-2.0
import HTTP
import Testing

@testable import HTTPTransport

struct RequestTimeoutTests {
    @Test(
        arguments: [
            ("5s", 5000), ("500ms", 500), ("1m30s", 90_000), ("2h", 7_200_000), ("0s", 0),
            ("99999999h", 86_400_000),
            ("", nil), ("5", nil), ("s", nil), ("-5s", nil), ("5d", nil), ("5 s", nil), ("999999999s", nil),
        ] as [(String, Int64?)])
    func `reads durations as Go writes them`(text: String, wanted: Int64?) {
        #expect(RequestTimeout.parse(text[...]) == wanted)
    }

    @Test func `answers a little before the caller gives up, and never waits beyond the limit`() {
        let limits = HTTPLimits()
        #expect(RequestTimeout.milliseconds(HTTPRequest(query: "timeout=5s"), limits) == 4800)
        #expect(RequestTimeout.milliseconds(HTTPRequest(query: "timeout=100ms"), limits) == 90)
        #expect(RequestTimeout.milliseconds(HTTPRequest(query: "timeout=1h"), limits) == 29_800)
        #expect(RequestTimeout.milliseconds(HTTPRequest(query: "timeout=x"), limits) == 30_000)
        #expect(RequestTimeout.milliseconds(HTTPRequest(), limits) == 30_000)
    }
}
