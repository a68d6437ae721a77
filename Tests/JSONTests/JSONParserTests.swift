// SPDX-License-Identifier: Apache-2.0
import Buffers
import Testing

@testable import JSON

@Suite struct JSONParserTests {
    @Test func `uses its document again once nobody holds it`() throws {
        let parser = try JSONParser()
        let first = ObjectIdentifier(try parser.parse(ByteBuffer(Array("[1]".utf8))))
        let second = ObjectIdentifier(try parser.parse(ByteBuffer(Array("[2]".utf8))))
        #expect(first == second)
    }

    @Test func `leaves a document alone that somebody still reads`() throws {
        let parser = try JSONParser()
        let view = try parser.parse(ByteBuffer(Array(#"["one"]"#.utf8))).root[0]
        _ = try parser.parse(ByteBuffer(Array(#"["two"]"#.utf8)))
        #expect(view?.string == "one")
    }

    @Test func `goes on after a text that was refused`() throws {
        let parser = try JSONParser()
        #expect(throws: JSONError.self) { try parser.parse(ByteBuffer(Array("[1".utf8))) }
        #expect(throws: JSONError.self) { try parser.parse(ByteBuffer()) }
        #expect(try parser.parse(ByteBuffer(Array("[1]".utf8))).root[0]?.integer == 1)
    }

    @Test func `gives large memory back`() throws {
        let parser = try JSONParser()
        let large = "[" + String(repeating: "\"0123456789abcdef\",", count: 100_000) + "0]"
        #expect(try parser.parse(ByteBuffer(large.utf8)).root.count == 100_001)
        let small = try parser.parse(ByteBuffer(Array("[1]".utf8)))
        #expect(small.capacity < 1024)
        #expect(small.root[0]?.integer == 1)
    }

    @Test func `keeps its depth when its memory grows`() throws {
        let parser = try JSONParser()
        let deep = { (depth: Int, width: Int) in
            String(repeating: "[", count: depth) + String(repeating: " ", count: width)
                + String(repeating: "]", count: depth)
        }
        for width in [0, 1000, 100_000, 0] {
            _ = try parser.parse(ByteBuffer(deep(128, width).utf8))
            #expect(throws: JSONError.self) { try parser.parse(ByteBuffer(deep(129, width).utf8)) }
        }
    }
}
