// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import KubernetesAPI

struct TimestampTests {
    /// Expected numbers are from `date -u -d … +%s`.
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-22T01:30:28Z", 1_795_311_028),
        ("2000-02-29T23:59:59Z", 951_868_799),
        ("1969-12-31T23:59:59Z", -1), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ("0001-01-01T00:00:00Z", -62_135_596_800),
        ("2026-11-22T01:30:28.123456Z", 1_795_311_028), ("2026-11-22T03:30:28+02:00", 1_795_311_028),
        ("2026-11-21t20:30:28-05:00", 1_795_311_028),
    ])
    func `reads what API servers and people write`(text: String, seconds: Int64) throws {
        #expect(try #require(Timestamp(parsing: text)).secondsSinceEpoch == seconds)
    }

    @Test(arguments: [
        "", "2026-11-22", "2026-11-22 01:30:28Z", "2026-11-22T01:30:28", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T01:60:00Z", "2026-11-22T01:30:60Z", "2026-11-22T01:30:28.Z",
        "2026-11-22T01:30:28+0200", "2026-11-22T01:30:28ZZ", "+026-11-22T01:30:28Z", "0000-01-01T00:00:00Z",
    ])
    func `refuses what is no moment`(text: String) {
        #expect(Timestamp(parsing: text) == nil)
    }

    @Test func `writes what it reads, over 400 years and before the epoch`() throws {
        for days in stride(from: -150_000, through: 150_000, by: 97) {
            let moment = Timestamp(secondsSinceEpoch: Int64(days) * 86_400 + 4_711)
            #expect(Timestamp(parsing: moment.description) == moment)
        }
        #expect(Timestamp(secondsSinceEpoch: -1).description == "1969-12-31T23:59:59Z")
    }
}
