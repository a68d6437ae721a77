// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import JSON

@Suite struct JSONObjectTests {
    @Test(arguments: [1, 15, 16, 17, 18, 40])
    func `finds, replaces and removes at every size`(count: Int) {
        var object = JSONObject()
        for number in 0..<count { object["k\(number)"] = .integer(Int64(number)) }
        #expect(object.count == count)
        for number in 0..<count { #expect(object["k\(number)"] == .integer(Int64(number))) }
        object["k0"] = "new"
        #expect(object.count == count && object["k0"] == "new")
        for number in (0..<count).reversed() {
            object["k\(number)"] = nil
            #expect(object.count == number && !object.has("k\(number)"))
            if number > 0 { #expect(object.has("k\(number - 1)")) }
        }
    }

    @Test func `is equal and hashes the same in any order`() {
        let one: JSONObject = ["a": 1, "b": [2]]
        let other: JSONObject = ["b": [2], "a": 1]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one != ["a": 1])
        #expect(one != ["a": 1, "b": [3]])
        #expect(Array(one.keys) == ["a", "b"] && Array(other.keys) == ["b", "a"])
    }
}
