// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import KubernetesAPI

@Suite struct LabelSelectorTests {
    @Test(arguments: [
        (#"{}"#, true), (#"{"matchLabels": {"a": "1"}}"#, true), (#"{"matchLabels": {"a": "2"}}"#, false),
        (#"{"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}"#, true),
        (#"{"matchExpressions": [{"key": "b", "operator": "In", "values": ["1"]}]}"#, false),
        (#"{"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}"#, false),
        (#"{"matchExpressions": [{"key": "b", "operator": "NotIn", "values": ["1"]}]}"#, true),
        (#"{"matchExpressions": [{"key": "a", "operator": "Exists"}]}"#, true),
        (#"{"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}"#, false),
        (#"{"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]}"#, false),
    ])
    func `matches as Kubernetes does`(selector: String, expected: Bool) throws {
        #expect(try LabelSelector(JSONDocument(selector).root).matches(["a": "1"]) == expected)
    }

    @Test(arguments: [
        #"{"matchExpressions": [{"key": "a", "operator": "Like", "values": ["1"]}]}"#,
        #"{"matchExpressions": [{"key": "a", "operator": "In"}]}"#,
        #"{"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["1"]}]}"#,
        #"{"matchExpressions": [{"operator": "Exists"}]}"#,
    ])
    func `refuses what the API server would`(selector: String) {
        #expect(throws: RecordError.self) { try LabelSelector(JSONDocument(selector).root) }
    }
}
