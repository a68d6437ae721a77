// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import podmint_sandbox

struct AgeTests {
    @Test(
        arguments: [
            (0, "0s"), (119, "119s"), (120, "2m"), (310, "5m10s"), (3600, "60m"), (10_800, "3h"),
            (12_000, "3h20m"),
            (100_000, "27h"), (172_800, "2d"), (700_000, "8d"),
        ] as [(Int64, String)])
    func `ages are written as kubectl writes them`(seconds: Int64, text: String) {
        #expect(Age.text(seconds: seconds) == text)
    }
}
