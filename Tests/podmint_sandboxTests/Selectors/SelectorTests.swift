// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct SelectorTests {
    static let cases: [(String, Bool)] = [
        ("app=web", true), ("app==web", true), ("app!=web", false), ("app in (db, web)", true),
        ("app notin (db),tier", true), ("!tier", false), ("tier=", true), ("missing!=x", true),
        ("missing", false),
        ("app=web,tier=front", false), ("", true),
    ]

    @Test(arguments: cases) func `selects by text`(text: String, matches: Bool) throws {
        let selector = try Selector(parsing: text)
        #expect(selector.matches(["app": "web", "tier": ""]) == matches)
    }

    @Test(arguments: ["a b", "a in b c"]) func `refuses what is no requirement`(text: String) {
        #expect(throws: APIError.self) { try Selector(parsing: text) }
    }

    @Test func `reads the object form`() {
        let selector = Selector([
            "matchLabels": ["app": "web"],
            "matchExpressions": [
                ["key": "tier", "operator": "In", "values": ["a", "b"]],
                ["key": "gone", "operator": "DoesNotExist"],
            ],
        ])
        #expect(selector.matches(["app": "web", "tier": "b"]))
        #expect(!selector.matches(["app": "web", "tier": "c"]))
        #expect(!selector.matches(["app": "web", "tier": "a", "gone": ""]))
    }

    @Test func `field selectors compare scalars and refuse unknown fields`() throws {
        let pod: JSONValue = ["metadata": ["name": "p"], "status": ["phase": "Running"]]
        #expect(try FieldSelector(parsing: "metadata.name=p,status.phase!=Pending", for: .pods).matches(pod))
        #expect(try !FieldSelector(parsing: "spec.nodeName=x", for: .pods).matches(pod))
        #expect(throws: APIError.self) { try FieldSelector(parsing: "spec.foo=x", for: .pods) }
    }
}
