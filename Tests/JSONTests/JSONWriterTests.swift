// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import JSON

@Suite struct JSONWriterTests {
    @Test func `puts commas and colons where they belong`() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.integer(1)
        writer.key("b")
        writer.beginArray()
        writer.bool(true)
        writer.null()
        writer.beginObject()
        writer.endObject()
        writer.raw(Array("[0]".utf8))
        writer.endArray()
        writer.key("c")
        writer.string("x")
        writer.endObject()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"a":1,"b":[true,null,{},[0]],"c":"x"}"#)
    }

    @Test func `escapes every control character`() throws {
        for code in UInt8(0)..<0x20 {
            let text = "a\(Character(Unicode.Scalar(code)))b"
            var writer = JSONWriter()
            writer.string(text)
            #expect(writer.bytes.allSatisfy { $0 >= 0x20 })
            #expect(try JSONDocument(writer.bytes).root.string == text)
        }
    }

    @Test func `writes valid UTF-8 whatever it gets`() throws {
        var writer = JSONWriter()
        writer.string(utf8: [0x61, 0xFF, 0x62])
        #expect(try JSONDocument(writer.bytes).root.string == "a\u{FFFD}b")
    }

    @Test func `takes static keys and text`() {
        let key: StaticString = "k\""
        var writer = JSONWriter()
        writer.beginObject()
        writer.key(key)
        writer.string("v" as StaticString)
        writer.endObject()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"k\"":"v"}"#)
    }

    @Test func `takes a string that needs no escape as it is appended`() {
        var writer = JSONWriter(reserving: 1)
        writer.beginArray()
        for count in [0, 3, 5000] {
            writer.string(unescaped: count) { text in
                for _ in 0..<count { text.append(UInt8(ascii: "x")) }
            }
        }
        writer.endArray()
        let long = String(repeating: "x", count: 5000)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"["","xxx","\#(long)"]"#)
    }
}
