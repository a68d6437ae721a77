// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import KubernetesAPI

struct JSONPointerTests {
    @Test(arguments: [
        ("", []), ("/", [""]), ("/a/b", ["a", "b"]), ("/a~1b/m~0n", ["a/b", "m~n"]), ("/~01", ["~1"]),
        ("/é/-", ["é", "-"]),
        ("/metadata/annotations/podmint.dev~1status", ["metadata", "annotations", "podmint.dev/status"]),
    ])
    func `reads and writes RFC 6901`(text: String, tokens: [String]) throws {
        let pointer = try #require(JSONPointer(parsing: text))
        #expect(pointer.tokens == tokens)
        #expect(pointer.description == text)
    }

    @Test(arguments: ["a", "a/b", "/a~", "/a~2b", "/~"])
    func `refuses other text`(text: String) {
        #expect(JSONPointer(parsing: text) == nil)
    }

    @Test func `knows what lies inside what`() {
        let spec: JSONPointer = ["spec"]
        #expect(spec.isProperPrefix(of: ["spec", "volumes"]))
        #expect(!spec.isProperPrefix(of: ["spec"]))
        #expect(!spec.isProperPrefix(of: ["specs", "volumes"]))
    }

    @Test(arguments: [["spec", "volumes", "-"], ["a/b", "~c"], ["q\"", "\\"], ["é", "\u{1}"], []])
    func `goes into JSON as its text does`(tokens: [String]) {
        let pointer = JSONPointer(tokens)
        var writer = JSONWriter()
        pointer.write(to: &writer)
        #expect(writer.bytes == JSONValue.string(pointer.description).serialized())
    }
}
