// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct SchemaTests {
    private static func schema(_ text: String) throws -> SchemaNode {
        try SchemaNode(["type": "object", "properties": ["spec": try JSONValue(parsing: text)]])
    }

    private static func faults(_ spec: String, _ schema: String, old: String? = nil) throws -> [String] {
        let old: JSONValue? = try old.map { ["spec": try JSONValue(parsing: $0)] }
        return SchemaValidation.faults(
            of: ["spec": try JSONValue(parsing: spec)], try Self.schema(schema), old: old, isStatus: false
        ).map(\.text)
    }

    @Test func `fills in defaults, also below what a default made`() throws {
        let schema = try Self.schema(
            #"{"type":"object","properties":{"a":{"type":"object","default":{},"properties":{"b":{"type":"integer","default":3}}},"l":{"type":"array","items":{"type":"object","properties":{"c":{"type":"string","default":"x"}}}}}}"#
        )
        var object: JSONValue = ["spec": ["l": [[:], ["c": "y"]]]]
        SchemaPruning.fillDefaults(&object, schema)
        #expect(object == ["spec": ["a": ["b": 3], "l": [["c": "x"], ["c": "y"]]]])
    }

    /// Since Kubernetes 1.33: a schema that became stricter must not lock what is stored.
    @Test func `judges of an update only what changed`() throws {
        let schema =
            #"{"type":"object","properties":{"a":{"type":"string","maxLength":2},"b":{"type":"integer"}}}"#
        #expect(try Self.faults(#"{"a":"long","b":2}"#, schema, old: #"{"a":"long","b":1}"#).isEmpty)
        #expect(try Self.faults(#"{"a":"longer","b":2}"#, schema, old: #"{"a":"long","b":1}"#).count == 2)
        let rule =
            #"{"type":"object","properties":{"a":{"type":"integer"}},"x-kubernetes-validations":[{"rule":"self.a < 3","message":"small"}]}"#
        #expect(try Self.faults(#"{"a":5}"#, rule, old: #"{"a":5}"#).isEmpty)
        #expect(try Self.faults(#"{"a":6}"#, rule, old: #"{"a":5}"#) == ["spec: Invalid value: small"])
    }

    @Test func `takes integers and texts where either may stand, and null where it may`() throws {
        let either =
            #"{"type":"object","properties":{"p":{"x-kubernetes-int-or-string":true,"nullable":true}}}"#
        for value in ["1", "\"1%\"", "null"] { #expect(try Self.faults("{\"p\":\(value)}", either).isEmpty) }
        #expect(try Self.faults(#"{"p":true}"#, either).count == 2)
    }

    @Test(arguments: [
        ("[has(self.a), has(self.b)].exists_one(x, x)", #"{"a":1}"#, true),
        ("[has(self.a), has(self.b)].exists_one(x, x)", #"{"a":1,"b":1}"#, false),
        ("[true, false, true].filter(x, x).size() == 2", "{}", true),
        ("duration(self.d) < duration('24h')", #"{"d":"1h59m60s"}"#, true),
        ("duration(self.d) == duration('90m')", #"{"d":"1.5h"}"#, true),
        ("self.d.matches('^[0-9]+h$')", #"{"d":"24h"}"#, true),
        ("self.d.matches('^[0-9]+h$')", #"{"d":"24 h"}"#, false),
    ]) func `evaluates the rules that podmint's schemas use`(rule: String, object: String, holds: Bool) throws
    {
        let expression = try Expression(parsing: rule, variables: ["self"])
        #expect(try expression.decide(["self": try JSONValue(parsing: object)]) == holds)
    }

    @Test(arguments: ["1d", "h", "", "1", "9999999999h", "1h ", "-1h"]) func `knows what is no duration`(
        text: String
    ) {
        #expect(GoDuration.nanoseconds(text) == nil)
    }
}
