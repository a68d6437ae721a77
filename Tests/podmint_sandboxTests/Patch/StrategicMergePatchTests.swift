// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct StrategicMergePatchTests {
    private let pod: JSONValue = [
        "spec": [
            "containers": [
                ["name": "a", "image": "x:1", "env": [["name": "E", "value": "1"]]],
                ["name": "b", "image": "y:1"],
            ],
            "tolerations": [["key": "old"]],
        ]
    ]

    @Test func `merges list elements by their key and keeps the others`() throws {
        let patch: JSONValue = [
            "spec": [
                "containers": [
                    ["name": "a", "env": [["name": "F", "value": "2"]]], ["name": "c", "image": "z"],
                ]
            ]
        ]
        let result = try StrategicMergePatch.apply(patch, to: pod)
        #expect(result.list("spec", "containers").compactMap { $0.text("name") } == ["a", "b", "c"])
        #expect(result.list("spec", "containers")[0].text("image") == "x:1")
        #expect(result.list("spec", "containers")[0].list("env").count == 2)
    }

    @Test func `deletes an element, replaces a list, drops a member`() throws {
        let patch: JSONValue = [
            "spec": [
                "$setElementOrder/containers": [["name": "b"]],
                "containers": [["name": "a", "$patch": "delete"]], "tolerations": [["key": "new"]],
            ]
        ]
        let result = try StrategicMergePatch.apply(patch, to: pod)
        #expect(result.list("spec", "containers").compactMap { $0.text("name") } == ["b"])
        #expect(result.list("spec", "tolerations") == [["key": "new"]])
        #expect(result.find("spec", "$setElementOrder/containers") == nil)
        let dropped = try StrategicMergePatch.apply(["spec": ["tolerations": .null]], to: pod)
        #expect(dropped.find("spec", "tolerations") == nil)
    }

    @Test func `replaces a whole object when told to`() throws {
        let result = try StrategicMergePatch.apply(["spec": ["$patch": "replace", "x": 1]], to: pod)
        #expect(result == ["spec": ["x": 1]])
    }

    @Test func `refuses an element without its merge key`() {
        #expect(throws: APIError.self) {
            try StrategicMergePatch.apply(["spec": ["containers": [["image": "x"]]]], to: pod)
        }
    }
}
