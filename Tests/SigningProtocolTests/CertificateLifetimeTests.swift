// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import SigningProtocol

@Suite struct CertificateLifetimeTests {
    @Test(
        arguments: [
            ("24h", 86400), ("90m", 5400), ("1h30m", 5400), ("1.5h", 5400), ("8760h", 31_536_000),
            ("90s", 90),
            ("0", 0), ("500ms", 0), ("1500ms", 1), (".5h", 1800), ("2540400h", 9_145_440_000),
        ] as [(String, Int64)])
    func `reads Go's duration text`(text: String, seconds: Int64) {
        #expect(DurationText.seconds(in: text) == seconds)
    }

    @Test(arguments: [
        "", "24", "-1h", "+1h", "1d", "h", ".h", "1h ", " 1h", "1 h", "9999999999h", "1h-", "1..5h", "١h",
    ])
    func `refuses what is no duration`(text: String) {
        #expect(DurationText.seconds(in: text) == nil)
    }

    @Test(
        arguments: [(86400, "24h"), (5400, "1h30m"), (61, "1m1s"), (0, "0s"), (3601, "1h1s")]
            as [(Int64, String)])
    func `writes whole units`(seconds: Int64, text: String) {
        #expect(DurationText.text(seconds: seconds) == text)
        #expect(DurationText.seconds(in: text) == seconds)
    }

    @Test func `keeps leaves between five minutes and ninety-one days`() {
        #expect(CertificateLifetime(parsing: "5m")?.seconds == 300)
        #expect(CertificateLifetime(parsing: "4m59s") == nil)
        #expect(CertificateLifetime(parsing: "2184h")?.seconds == 7_862_400)
        #expect(CertificateLifetime(parsing: "2184h1s") == nil)
        #expect(CertificateLifetime.standard.text == "24h")
    }
}
