// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct ExpressionTests {
    private static let annotated =
        #"has(object.metadata.annotations) && object.metadata.annotations.exists(k, k.startsWith("podmint.dev/"))"#
    private static let certificate =
        #"(has(object.type) && object.type == "kubernetes.io/tls") || (has(object.data) && ("tls.crt" in object.data || "ca.key" in object.data))"#

    static let cases: [(String, String, Bool)] = [
        (annotated, #"{"metadata":{"annotations":{"podmint.dev/inject":"true"}}}"#, true),
        (annotated, #"{"metadata":{"annotations":{"x":"y"}}}"#, false),
        (annotated, #"{"metadata":{}}"#, false),
        (certificate, #"{"type":"kubernetes.io/tls"}"#, true),
        (certificate, #"{"data":{"ca.key":"x"}}"#, true),
        (certificate, #"{"type":"Opaque","data":{"a":"x"}}"#, false), (certificate, "{}", false),
        (#"!(object.a == 'x') || false"#, #"{"a":"y"}"#, true),
        (#"object.a in ["x", "y"]"#, #"{"a":"y"}"#, true),
        (#"object.missing == "x" || true"#, "{}", true), (#"true || object.missing == "x""#, "{}", true),
        (#"size(object.l) == 2 && object.l[0] == 1"#, #"{"l":[1,2]}"#, true),
        (#"object.l.all(x, x.endsWith("b"))"#, #"{"l":["ab","b"]}"#, true),
        (#"object.n > 1 ? true : false"#, #"{"n":2}"#, true),
    ]

    @Test(arguments: cases) func `evaluates the forms podmint uses`(
        source: String, object: String, holds: Bool
    ) throws {
        let expression = try Expression(parsing: source)
        #expect(try expression.decide(["object": try JSONValue(parsing: object)]) == holds)
    }

    @Test(arguments: ["object.missing == 1", "object.a && true", "object.a.startsWith(1)"])
    func `a missing key or a wrong type is an error`(source: String) throws {
        let expression = try Expression(parsing: source)
        #expect(throws: ExpressionError.self) { try expression.decide(["object": ["a": "x"]]) }
    }

    @Test(arguments: [
        "foo.bar", "authorizer.allowed()", "has(namespaceObject.metadata)", "object.lowerAscii()",
        "object.a +", "(", "has(object)", "\"x",
    ])
    func `anything else is refused when it is registered`(source: String) {
        #expect(throws: ExpressionError.self) { try Expression(parsing: source) }
    }

    @Test func `nesting is bounded`() {
        let source = String(repeating: "(", count: 500) + "true" + String(repeating: ")", count: 500)
        #expect(throws: ExpressionError.self) { try Expression(parsing: source) }
    }
}
