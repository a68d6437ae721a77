// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import podmint_agent

@Suite struct UTCTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] as [(Int64, String)])
    func `writes RFC 3339`(seconds: Int64, text: String) { #expect(UTCTime.text(seconds) == text) }

    @Test func `agrees with the C library`() {
        for _ in 0..<2000 {
            var seconds = Int.random(in: 0...32_000_000_000)
            var parts = tm()
            gmtime_r(&seconds, &parts)
            var text = [CChar](repeating: 0, count: 64)
            strftime(&text, 64, "%Y-%m-%dT%H:%M:%SZ", &parts)
            #expect(
                UTCTime.text(Int64(seconds))
                    == String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
    }

    @Test func `makes names for folders`() { #expect(UTCTime.fileName(0) == "1970_01_01_00_00_00") }
}
