// SPDX-License-Identifier: Apache-2.0
import Buffers
import Testing

@testable import JSON

@Suite struct JSONDocumentTests {
    @Test func `reads every kind of value in place`() throws {
        let document = try JSONDocument(
            #"{"s":"a\nb","i":-5,"u":18446744073709551615,"d":1.5,"t":true,"f":false,"n":null,"a":[1,2,3],"o":{"k":"v"}}"#
        )
        let root = document.root
        #expect(root.kind == .object)
        #expect(root.count == 9)
        #expect(root["s"]?.string == "a\nb")
        #expect(root["i"]?.integer == -5)
        #expect(root["u"]?.integer == nil)
        #expect(root["u"]?.unsigned == .max)
        #expect(root["d"]?.double == 1.5)
        #expect(root["t"]?.bool == true)
        #expect(root["f"]?.bool == false)
        #expect(root["n"]?.isNull == true)
        #expect(root["a"]?[2]?.integer == 3)
        #expect(root["a"]?[3] == nil)
        #expect(root["a"]?[-1] == nil)
        #expect(root.at("o", "k")?.isString("v") == true)
        #expect(root.at("o", "k")?.isString("w") == false)
        #expect(root.at("o", "absent", "k") == nil)
        #expect(root.has("n") && !root.has("absent"))
        #expect(root.members.map(\.key) == ["s", "i", "u", "d", "t", "f", "n", "a", "o"])
        #expect(root["a"]?.elements.compactMap(\.integer) == [1, 2, 3])
    }

    @Test func `reading as the wrong type gives nil`() throws {
        let root = try JSONDocument(#"["text"]"#).root
        #expect(root["key"] == nil)
        #expect(root.string == nil && root.integer == nil && root.bool == nil && root.double == nil)
        #expect(root[0]?[0] == nil)
        #expect(root[0]?.elements.map(\.kind) == [])
        #expect(Array(root[0]?.members.map(\.key) ?? ["?"]) == [])
    }

    @Test(arguments: ["[]", "{}", "[[],{}]", "\"\"", "0", "[{}]"])
    func `empty containers have no children`(text: String) throws {
        let root = try JSONDocument(text).root
        #expect(Array(root.elements).count == root.count || root.isObject)
        #expect(root.value.text == text)
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "{a:1}", "[1 2]", "nul", "tru", "01", "1.", ".5", "+1",
        "'a'", "1e400",
        "\"\u{01}\"", "\"\\x\"", "\"open", "[1]]", "{} {}", "123456789012345678901234567890", "NaN", "-",
        "\"\\ud800\"", "\"\\udc00\"",
    ])
    func `refuses what is not JSON`(text: String) {
        #expect(throws: JSONError.self) { try JSONDocument(text) }
    }

    @Test func `refuses text that is not UTF-8`() {
        #expect(throws: JSONError("the text is not UTF-8, as JSON must be")) {
            try JSONDocument([0x22, 0xFF, 0x22])
        }
    }

    @Test func `accepts depth 128 and refuses 129`() throws {
        let deep = { (depth: Int) in
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try JSONDocument(deep(128)).root.isArray)
        #expect(throws: JSONError("the JSON is nested deeper than 128 levels")) {
            try JSONDocument(deep(129))
        }
    }

    @Test func `validates what nobody looks at`() {
        #expect(throws: JSONError.self) { try JSONDocument(#"{"wanted":1,"skipped":{"x":[tru]}}"#) }
    }

    @Test func `a long buffer with surplus capacity ends where it ends`() throws {
        let buffer = ByteBuffer(Array("[1,2]".utf8))
        buffer.append(Array(",3]".utf8))
        #expect(throws: JSONError.self) { try JSONDocument(parsing: buffer) }
    }

    @Test func `names the key that stands twice and where`() throws {
        #expect(throws: JSONError("the key \"b\" stands twice in a[1].x")) {
            try JSONDocument(#"{"a":[{"b":1},{"x":{"b":1,"c":2,"b":3}}]}"#).rejectDuplicateKeys()
        }
        #expect(throws: JSONError("the key \"a\" stands twice in the outermost object")) {
            try JSONDocument(#"{"a":1,"\u0061":2}"#).rejectDuplicateKeys()
        }
        try JSONDocument(#"[{"a":1},{"a":1,"b":{"a":1}}]"#).rejectDuplicateKeys()
    }

    @Test(arguments: [23, 24, 25, 26, 5000])
    func `finds a duplicate among many keys`(count: Int) throws {
        let members = (0..<count).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
        try JSONDocument("{\(members)}").rejectDuplicateKeys()
        #expect(throws: JSONError("the key \"key3\" stands twice in x")) {
            try JSONDocument("{\"x\":{\(members),\"key3\":0}}").rejectDuplicateKeys()
        }
    }

    @Test func `a view keeps its document alive`() throws {
        var document: JSONDocument? = try JSONDocument(#"{"a":"text that is not small"}"#)
        let view = document?.root["a"]
        document = nil
        #expect(view?.string == "text that is not small")
    }

    @Test func `finds members by the beginning of their keys`() throws {
        let root = try JSONDocument(#"{"ab/x": 1, "a": 2, "ab/": 3, "b\u0061": 4, "ab/yé": 5}"#).root
        let found = root.members(prefixed: "ab/")
        #expect(found.map(\.key) == ["x", "", "yé"] && found.map(\.value.integer) == [1, 3, 5])
        #expect(root.hasMember(prefixed: "ba") && !root.hasMember(prefixed: "abc"))
        #expect(try !JSONDocument("[1]").root.hasMember(prefixed: ""))
    }
}
