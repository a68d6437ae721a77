// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import KubernetesAPI

struct QuantityTests {
    @Test(arguments: [
        ("500m", "0.5"), ("1536Mi", "1.5Gi"), ("1", "1000m"), ("1k", "1e3"), ("0", "0m"),
        ("128974848", "123Mi"),
        ("1000000n", "1m"), ("1500u", "2m"),
    ])
    func `knows one amount in two spellings`(one: String, other: String) throws {
        #expect(try #require(Quantity(parsing: one)) == #require(Quantity(parsing: other)))
    }

    @Test(arguments: ["", "m", "-1", "1 Mi", "1mi", "1.2.3", "lots", "1ee3", "100E"])
    func `refuses other text`(text: String) {
        #expect(Quantity(parsing: text) == nil)
    }

    @Test func `adds and compares`() throws {
        let half = try #require(Quantity(parsing: "500m"))
        #expect(try half + half == #require(Quantity(parsing: "1")))
        #expect(half > .zero)
    }
}
