// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import YAML

@Suite struct YAMLScalarTests {
    @Test(
        arguments: [
            ("yes", true), ("No", false), ("on", true), ("OFF", false), ("y", true), ("n", false),
            ("True", true),
            ("yEs", "yEs"), ("~", .null), ("", .null), ("Null", .null), ("nil", "nil"),
            ("0", 0), ("-0", 0), ("+5", 5), ("010", 8), ("-010", -8), ("08", 8), ("0o17", 15), ("0x1F", 31),
            ("-0xf", -15), ("0b101", 5),
            ("1_000", 1000), ("9223372036854775807", 9_223_372_036_854_775_807),
            ("-9223372036854775808", .integer(.min)),
            ("18446744073709551615", .unsigned(.max)), ("0x", "0x"), ("0b2", "0b2"), ("1.5", 1.5), ("1.0", 1),
            ("1e3", 1000),
            (".5", 0.5), ("1.", 1), ("-1.5e-3", -0.0015), ("1e", "1e"), ("1e400", "1e400"),
            ("1.2.3", "1.2.3"), ("24h", "24h"),
            ("1:30", "1:30"), ("2026-11-22", "2026-11-22"), ("-", "-"), ("+", "+"), (".", "."),
            ("1536Mi", "1536Mi"), ("0x1p4", "0x1p4"),
        ] as [(String, JSONValue)])
    func `means what it means to kubectl`(text: String, value: JSONValue) throws {
        #expect(try YAMLScalar.resolve(plain: text) == value)
    }

    @Test(arguments: ["-9223372036854775809", "18446744073709551616", "0x10000000000000000"])
    func `refuses integers beyond 64 bits`(text: String) {
        #expect(throws: YAMLScalar.Failure.beyond64Bits) { try YAMLScalar.resolve(plain: text) }
    }
}
