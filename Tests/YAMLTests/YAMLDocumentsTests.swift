// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import YAML

@Suite struct YAMLDocumentsTests {
    @Test(arguments: [
        ("a: 1", #"{"a":1}"#),
        ("a: [x, 'y', \"z\", {k: v}]", #"{"a":["x","y","z",{"k":"v"}]}"#),
        ("- a\n- b: c\n  d:\n  - e", #"["a",{"b":"c","d":["e"]}]"#),
        (
            "text: |\n  one\n  two\nfolded: >-\n  three\n  four",
            #"{"text":"one\ntwo\n","folded":"three four"}"#
        ),
        ("on: yes\n1: a\n2.5: b", #"{"true":true,"1":"a","2.5":"b"}"#),
        ("a: &x {k: [1]}\nb: *x", #"{"a":{"k":[1]},"b":{"k":[1]}}"#),
        ("base: &b {p: 1, q: 2}\nc:\n  <<: *b\n  q: 3", #"{"base":{"p":1,"q":2},"c":{"q":3,"p":1}}"#),
        ("c:\n  <<: [{x: 1}, {x: 2, z: 3}]", #"{"c":{"x":1,"z":3}}"#),
        ("y: 1", #"{"true":1}"#),
        ("a: !!str 1\nb: !!int \"2\"\nc: !!float 3\nd: !custom 4", #"{"a":"1","b":2,"c":3,"d":"4"}"#),
        ("{\"a\": \"\\ud83d\\ude00\",\n\t\"b\": [1]}", #"{"a":"😀","b":[1]}"#),
        ("{a: 1}", #"{"a":1}"#),
        ("\u{FEFF}a: 1", #"{"a":1}"#),
        ("'<<': 1", #"{"<<":1}"#),
    ])
    func `reads as kubectl does`(text: String, json: String) throws {
        #expect(try YAMLDocuments.parse(text).map(\.text) == [json])
    }

    @Test func `reads a stream and leaves empty documents out`() throws {
        #expect(
            try YAMLDocuments.parse("# nothing\n---\na: 1\n---\n---\n# none\n---\nb: 2\n...\n").map(\.text)
                == [#"{"a":1}"#, #"{"b":2}"#])
        #expect(try YAMLDocuments.parse("").isEmpty)
    }

    @Test(arguments: [
        ("a: 1\na: 2", 2, 1, "the key \"a\" stands twice"),
        ("on: 1\ntrue: 2", 2, 1, "stands twice"),
        ("a:\n\t- b", 2, 1, "a tab stands"),
        ("a: b: c", 1, 5, "a \":\" is not allowed here"),
        ("a: @b", 1, 4, "cannot begin with this character"),
        ("a: *x", 1, 4, "*x refers to an anchor"),
        ("a: &x [*x]", 1, 8, "*x refers to an anchor"),
        ("a: .inf", 1, 4, "not a number in JSON"),
        ("a: 123456789012345678901234567890", 1, 4, "does not fit 64 bits"),
        ("? [a]\n: b", 1, 3, "stands as a key"),
        ("a: {{ x }}", 1, 5, "unquoted"),
        ("~: b", 1, 1, "a key is empty or null"),
        ("a: !!binary aGk=", 1, 4, "!!binary is not supported"),
        ("a: !!int x", 1, 4, "is not what its tag"),
        ("<<: 3", 1, 5, "wants a mapping"),
        ("a:\n  b: 1\n c: 2", 3, 2, "does not continue the mapping"),
    ])
    func `says where it is wrong and what was wanted`(text: String, line: Int, column: Int, reason: String) {
        let error = #expect(throws: YAMLError.self) { try YAMLDocuments.parse(text) }
        #expect(error?.line == line)
        #expect(error?.column == column)
        #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func `a control character is found by line and column`() {
        let error = #expect(throws: YAMLError.self) { try YAMLDocuments.parse("a: 1\nb: x\u{01}y") }
        #expect(error?.line == 2 && error?.column == 5)
    }

    @Test func `duplicates in JSON are found too`() {
        #expect(throws: YAMLError.self) { try YAMLDocuments.parse(#"{"a": {"b": 1, "b": 2}}"#) }
    }

    @Test func `a billion laughs are refused`() {
        var text = "a0: &a0 [" + String(repeating: "lol,", count: 10) + "]\n"
        for level in 1...9 {
            text +=
                "a\(level): &a\(level) ["
                + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",") + "]\n"
        }
        let error = #expect(throws: YAMLError.self) { try YAMLDocuments.parse(text) }
        #expect(error?.reason.contains("expand") == true)
    }

    @Test func `depth and size are bounded`() {
        let deep = { (depth: Int) in
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try YAMLDocuments.parse(deep(128)) }
        #expect(throws: YAMLError.self) { try YAMLDocuments.parse(deep(129)) }
        #expect(throws: YAMLError.self) {
            try YAMLDocuments.parse([UInt8](repeating: 0x20, count: YAMLDocuments.maximumSize + 1))
        }
    }
}
