// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct ServerSideApplyTests {
    private func apply(
        _ configuration: JSONValue, to live: JSONValue?, by manager: String, force: Bool = false
    ) throws -> JSONValue {
        try ServerSideApply(manager: manager, force: force, resource: .deployments, now: "T")
            .apply(configuration, to: live)
    }

    private let first: JSONValue = [
        "kind": "Deployment", "apiVersion": "apps/v1",
        "metadata": ["name": "d", "labels": ["a": "1", "b": "2"]],
        "spec": ["replicas": 2, "template": ["spec": ["containers": [["name": "app", "image": "x:1"]]]]],
    ]

    @Test func `a field its manager no longer applies is removed`() throws {
        let live = try apply(first, to: nil, by: "m")
        var second = first
        second.put(nil, "metadata", "labels", "b")
        let result = try apply(second, to: live, by: "m")
        #expect(result.labels == ["a": "1"])
    }

    @Test func `a field of somebody else stays`() throws {
        var live = try apply(first, to: nil, by: "m")
        let before = live
        live.put("5", "metadata", "labels", "c")
        ManagedFields.recordUpdate(from: before, to: &live, manager: "x", resource: .deployments, now: "T")
        let result = try apply(first, to: live, by: "m")
        #expect(result.labels["c"] == "5")
    }

    /// As kube-apiserver keeps its list of managers: whoever wrote last does not move to its end.
    @Test func `the same applied again changes nothing, whoever wrote in between`() throws {
        var live = try apply(first, to: nil, by: "m")
        let before = live
        live.put("5", "metadata", "labels", "c")
        ManagedFields.recordUpdate(from: before, to: &live, manager: "a", resource: .deployments, now: "T")
        #expect(try apply(first, to: live, by: "m") == live)
        #expect(ManagedFields(live).entries.map(\.operation) == ["Apply", "Update"])
    }

    @Test func `a changed value of another manager conflicts, unless forced`() throws {
        let live = try apply(first, to: nil, by: "m")
        let other: JSONValue = [
            "kind": "Deployment", "apiVersion": "apps/v1", "metadata": ["name": "d"],
            "spec": ["template": ["spec": ["containers": [["name": "app", "image": "x:2"]]]]],
        ]
        let error = #expect(throws: APIError.self) { try apply(other, to: live, by: "n") }
        #expect(error?.code == 409)
        #expect(
            error?.message
                == "Apply failed with 1 conflict: conflict with \"m\": .spec.template.spec.containers[name=\"app\"].image"
        )
        let forced = try apply(other, to: live, by: "n", force: true)
        #expect(forced.list("spec", "template", "spec", "containers").first?.text("image") == "x:2")
        #expect(throws: APIError.self) { try apply(first, to: forced, by: "m") }
    }

    @Test func `the same value is owned together, and stays when one lets go`() throws {
        let live = try apply(first, to: nil, by: "m")
        let shared = try apply(first, to: live, by: "n")
        var less = first
        less.put(nil, "metadata", "labels")
        #expect(try apply(less, to: shared, by: "m").labels == ["a": "1", "b": "2"])
    }

    @Test func `a list element goes with what somebody else wrote into it, but not with what they applied`()
        throws
    {
        let path = ["spec", "template", "spec", "containers"]
        var two = first
        two.put([["name": "app", "image": "x:1"], ["name": "proxy", "image": "y:1"]], path[...])
        let live = try apply(two, to: nil, by: "m")
        var patched = live
        patched.put(
            [["name": "app", "image": "x:1"], ["name": "proxy", "image": "y:1", "tty": true]], path[...])
        ManagedFields.recordUpdate(
            from: live, to: &patched, manager: "x", resource: .deployments, now: "T")
        let result = try apply(first, to: patched, by: "m")
        #expect(result.find(path[...]) == first.find(path[...]))
        #expect(ManagedFields(result).entries.map(\.manager) == ["m"])

        let shared = try apply(two, to: live, by: "n")
        #expect(try apply(first, to: shared, by: "m").find(path[...])?.array?.count == 2)
    }

    /// kube-apiserver 1.36: an entry of a webhook configuration that was taken out comes back where it stood.
    @Test func `an element comes back in the order of what is applied, beside what others have`() throws {
        let path = ["spec", "template", "spec", "containers"]
        func containers(_ names: String...) -> JSONValue {
            .array(names.map { ["name": .string($0), "image": "x:1"] })
        }
        func order(live: JSONValue, applied: JSONValue) throws -> [String] {
            var (present, configuration) = (first, first)
            present.put(live, path[...])
            configuration.put(applied, path[...])
            let result = try apply(configuration, to: present, by: "m")
            return (result.find(path[...])?.array ?? []).compactMap { $0.text("name") }
        }
        #expect(try order(live: containers("b", "c"), applied: containers("a", "b", "c")) == ["a", "b", "c"])
        #expect(
            try order(live: containers("x", "b", "y", "a"), applied: containers("a", "b"))
                == ["x", "a", "b", "y"])
        #expect(try order(live: containers("x"), applied: containers("a")) == ["x", "a"])
    }

    @Test func `managedFields are refused in what is applied`() {
        var configuration = first
        configuration.put([["manager": "x"]], "metadata", "managedFields")
        #expect(throws: APIError.self) { try apply(configuration, to: nil, by: "m") }
    }

    @Test func `a field set survives being written and read`() {
        let set = FieldSet(of: first)
        #expect(FieldSet(fieldsV1: set.fieldsV1) == set)
        #expect(set.fieldsV1.find("f:spec", "f:replicas") == [:])
        #expect(set.fieldsV1.find("f:metadata", "f:name") == nil)
    }
}
