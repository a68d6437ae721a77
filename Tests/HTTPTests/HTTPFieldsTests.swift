// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HTTP

struct HTTPFieldsTests {
    @Test func `finds names without regard to case, and the first of several`() {
        let fields = HTTPFields([("Content-Type", "a"), ("X", ""), ("content-TYPE", "b")])
        #expect(fields["content-type"] == "a")
        #expect(fields.values(named: "CONTENT-TYPE") == ["a", "b"])
        #expect(fields["x"] == "" && fields["y"] == nil && fields.contains("X") && fields.count == 3)
        #expect(fields.isValue(of: "content-type", "A") && !fields.isValue(of: "content-type", "ab"))
        #expect(fields.map { $0.name } == ["Content-Type", "X", "content-TYPE"])
    }

    @Test func `reads query parameters as sent`() {
        let request = HTTPRequest(path: "/", query: "watch&timeout=5s&a=b=c&a=d")
        #expect(request.queryValue("timeout") == "5s" && request.queryValue("watch") == "")
        #expect(request.queryValue("a") == "b=c" && request.queryValue("missing") == nil)
    }

    @Test func `knows its character classes`() {
        let tokens = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for byte in UInt8.min...UInt8.max { #expect(ASCII.isToken(byte) == tokens.contains(byte), "\(byte)") }
        for byte in UInt8.min...UInt8.max {
            #expect(ASCII.isFieldContent(byte) == (byte == 9 || (byte >= 32 && byte != 127)), "\(byte)")
        }
    }
}
