// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import KubernetesAPI

struct JSONPatchTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name, document, patch: String
        /// Nil where the patch must fail.
        let result: String?
        var testDescription: String { name }
    }

    /// RFC 6902 appendix A, by its numbers, and the edges around it.
    static let cases = [
        Case(
            name: "A.1 add a member", document: #"{"foo":"bar"}"#,
            patch: #"[{"op":"add","path":"/baz","value":"qux"}]"#, result: #"{"baz":"qux","foo":"bar"}"#),
        Case(
            name: "A.2 add an element", document: #"{"foo":["bar","baz"]}"#,
            patch: #"[{"op":"add","path":"/foo/1","value":"qux"}]"#, result: #"{"foo":["bar","qux","baz"]}"#),
        Case(
            name: "A.3 remove a member", document: #"{"baz":"qux","foo":"bar"}"#,
            patch: #"[{"op":"remove","path":"/baz"}]"#, result: #"{"foo":"bar"}"#),
        Case(
            name: "A.4 remove an element", document: #"{"foo":["bar","qux","baz"]}"#,
            patch: #"[{"op":"remove","path":"/foo/1"}]"#, result: #"{"foo":["bar","baz"]}"#),
        Case(
            name: "A.5 replace", document: #"{"baz":"qux","foo":"bar"}"#,
            patch: #"[{"op":"replace","path":"/baz","value":"boo"}]"#, result: #"{"baz":"boo","foo":"bar"}"#),
        Case(
            name: "A.6 move a member",
            document: #"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            patch: #"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            result: #"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#),
        Case(
            name: "A.7 move an element", document: #"{"foo":["all","grass","cows","eat"]}"#,
            patch: #"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            result: #"{"foo":["all","cows","eat","grass"]}"#),
        Case(
            name: "A.8 test, met", document: #"{"baz":"qux","foo":["a",2,"c"]}"#,
            patch: #"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
            result: #"{"baz":"qux","foo":["a",2,"c"]}"#),
        Case(
            name: "A.9 test, not met", document: #"{"baz":"qux"}"#,
            patch: #"[{"op":"test","path":"/baz","value":"bar"}]"#, result: nil),
        Case(
            name: "A.10 add a nested object", document: #"{"foo":"bar"}"#,
            patch: #"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
            result: #"{"foo":"bar","child":{"grandchild":{}}}"#),
        Case(
            name: "A.11 unknown members are ignored", document: #"{"foo":"bar"}"#,
            patch: #"[{"op":"add","path":"/baz","value":"qux","xyz":123}]"#,
            result: #"{"foo":"bar","baz":"qux"}"#),
        Case(
            name: "A.12 add to what is not there", document: #"{"foo":"bar"}"#,
            patch: #"[{"op":"add","path":"/baz/bat","value":"qux"}]"#, result: nil),
        Case(
            name: "A.14 escapes in order", document: #"{"/":9,"~1":10}"#,
            patch: #"[{"op":"test","path":"/~01","value":10}]"#, result: #"{"/":9,"~1":10}"#),
        Case(
            name: "A.15 a string is no number", document: #"{"~1":10}"#,
            patch: #"[{"op":"test","path":"/~01","value":"10"}]"#, result: nil),
        Case(
            name: "A.16 add at the end", document: #"{"foo":["bar"]}"#,
            patch: #"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
            result: #"{"foo":["bar",["abc","def"]]}"#),
        Case(
            name: "the whole document", document: #"{"foo":1}"#,
            patch: #"[{"op":"replace","path":"","value":[1]}]"#, result: "[1]"),
        Case(
            name: "numbers are equal by value", document: #"{"a":1}"#,
            patch: #"[{"op":"test","path":"/a","value":1.0}]"#, result: #"{"a":1}"#),
        Case(
            name: "an integer beyond 2^53 survives", document: #"{"a":9007199254740993}"#,
            patch: #"[{"op":"add","path":"/b","value":9007199254740993}]"#,
            result: #"{"a":9007199254740993,"b":9007199254740993}"#),
        Case(
            name: "copy", document: #"{"a":[1]}"#, patch: #"[{"op":"copy","from":"/a","path":"/b"}]"#,
            result: #"{"a":[1],"b":[1]}"#),
        Case(
            name: "one past the end", document: #"{"a":[1]}"#,
            patch: #"[{"op":"add","path":"/a/2","value":0}]"#, result: nil),
        Case(
            name: "a leading zero", document: #"{"a":[1,2]}"#, patch: #"[{"op":"remove","path":"/a/01"}]"#,
            result: nil),
        Case(
            name: "into its own child", document: #"{"a":{"b":{}}}"#,
            patch: #"[{"op":"move","from":"/a","path":"/a/b"}]"#, result: nil),
        Case(
            name: "through a string", document: #"{"a":"b"}"#,
            patch: #"[{"op":"add","path":"/a/b","value":0}]"#, result: nil),
        Case(
            name: "replace what is not there", document: "{}",
            patch: #"[{"op":"replace","path":"/a","value":0}]"#, result: nil),
        Case(
            name: "remove what is not there", document: "{}", patch: #"[{"op":"remove","path":"/a"}]"#,
            result: nil),
        Case(
            name: "the end is nothing to remove", document: #"{"a":[1]}"#,
            patch: #"[{"op":"remove","path":"/a/-"}]"#, result: nil),
    ]

    @Test(arguments: cases) func `applies as RFC 6902 says`(_ one: Case) throws {
        let document = try JSONValue(parsing: one.document)
        let patch = try JSONPatch(parsing: JSONValue(parsing: one.patch))
        guard let result = one.result else {
            #expect(throws: JSONPatchError.self) { try patch.applied(to: document) }
            return
        }
        #expect(try patch.applied(to: document) == JSONValue(parsing: result))
        #expect(try JSONPatch(parsing: JSONValue(parsing: patch.serialized())) == patch)
    }

    @Test func `takes replace for add where an API server does`() throws {
        let patch = JSONPatch([.replace(["a"], 1)])
        #expect(try patch.applied(to: [:], .likeAPIServer) == ["a": 1])
        let beyond = JSONPatch([.replace(["0"], 1)])
        #expect(throws: JSONPatchError.self) { try beyond.applied(to: [], .likeAPIServer) }
    }

    @Test(arguments: [
        "{}", "null", "[1]", #"[{"path":"/a"}]"#, #"[{"op":"add","path":"/a"}]"#,
        #"[{"op":"add","path":"a","value":1}]"#,
        #"[{"op":"merge","path":"/a"}]"#, #"[{"op":"move","path":"/a"}]"#,
    ])
    func `refuses what is no patch, saying why`(text: String) throws {
        let document = try JSONValue(parsing: text)
        let error = #expect(throws: JSONPatchError.self) { try JSONPatch(parsing: document) }
        #expect(error?.description.isEmpty == false)
    }

    @Test func `refuses more operations than an API server takes`() {
        let many = JSONValue.array(Array(repeating: ["op": "remove", "path": "/a"], count: 10_001))
        #expect(throws: JSONPatchError.self) { try JSONPatch(parsing: many) }
    }
}
