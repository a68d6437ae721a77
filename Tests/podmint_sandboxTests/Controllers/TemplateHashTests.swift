// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct TemplateHashTests {
    @Test func `order does not matter, content does`() {
        let one = TemplateHash.of(["a": "1", "b": ["c": 2, "d": [1, 2]]])
        #expect(one == TemplateHash.of(["b": ["d": [1, 2], "c": 2], "a": "1"]))
        #expect(one != TemplateHash.of(["b": ["d": [2, 1], "c": 2], "a": "1"]))
        #expect(one.count == 10)
    }
}
