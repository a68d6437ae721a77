// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct ObjectWriterTests {
    private let configMap: JSONValue = ["metadata": ["name": "c"], "data": ["a": "1"]]

    @Test func `a new object gets UID, birth and version`() async throws {
        let cluster = Cluster.fixture()
        let written = try await ObjectWriter(cluster: cluster).create(.fixture(.configMaps), configMap)
        #expect(written.object.uid.count == 36)
        #expect(written.object.text("metadata", "creationTimestamp") == "2027-01-15T08:00:00Z")
        #expect(!written.object.resourceVersion.isEmpty)
    }

    @Test func `a missing namespace is not found, a dying one forbidden`() async throws {
        let cluster = Cluster.fixture()
        var request = ResourceRequest.fixture(.configMaps)
        request.namespace = "nope"
        let missing = await #expect(throws: APIError.self) {
            try await ObjectWriter(cluster: cluster).create(request, configMap)
        }
        #expect(missing?.message == "namespaces \"nope\" not found")
        cluster.store.change(.namespaces, ObjectKey(namespace: "", name: "default")) {
            $0.put("T", "metadata", "deletionTimestamp")
        }
        let dying = await #expect(throws: APIError.self) {
            try await ObjectWriter(cluster: cluster).create(.fixture(.configMaps), configMap)
        }
        #expect(dying?.code == 403)
    }

    @Test func `status and spec are written through their own doors`() async throws {
        let cluster = Cluster.fixture()
        let writer = ObjectWriter(cluster: cluster)
        let pod: JSONValue = [
            "metadata": ["name": "p"], "spec": ["containers": [["name": "c", "image": "x:1"]]],
        ]
        _ = try await writer.create(.fixture(.pods), pod)
        var request = ResourceRequest.fixture(.pods, "p")
        let plain = try await writer.update(request) { current in
            var changed = current
            changed.put("Running", "status", "phase")
            return changed
        }
        #expect(plain.object.text("status", "phase") == "Pending")
        request.subresource = "status"
        let status = try await writer.update(request) { current in
            var changed = current
            changed.put("Running", "status", "phase")
            changed.put(["x": "y"], "metadata", "labels")
            return changed
        }
        #expect(status.object.text("status", "phase") == "Running")
        #expect(status.object.labels.isEmpty)
    }

    @Test func `a pod's spec may not change, its labels may`() async throws {
        let cluster = Cluster.fixture()
        let writer = ObjectWriter(cluster: cluster)
        let pod: JSONValue = [
            "metadata": ["name": "p"], "spec": ["containers": [["name": "c", "image": "x:1"]]],
        ]
        _ = try await writer.create(.fixture(.pods), pod)
        let labelled = try await writer.update(.fixture(.pods, "p")) {
            MergePatch.apply(["metadata": ["labels": ["a": "b"]]], to: $0)
        }
        #expect(labelled.object.labels == ["a": "b"])
        let error = await #expect(throws: APIError.self) {
            try await writer.update(.fixture(.pods, "p")) {
                MergePatch.apply(["spec": ["hostNetwork": true]], to: $0)
            }
        }
        #expect(error?.code == 422)
    }

    @Test func `finalizers keep an object until the last is gone`() async throws {
        let cluster = Cluster.fixture()
        let writer = ObjectWriter(cluster: cluster)
        var object = configMap
        object.put(["x/y"], "metadata", "finalizers")
        _ = try await writer.create(.fixture(.configMaps), object)
        _ = try await Deletion(cluster: cluster).delete(.fixture(.configMaps, "c"), options: [:])
        #expect(cluster.store.object(.configMaps, "default", "c")?.isBeingDeleted == true)
        _ = try await writer.update(.fixture(.configMaps, "c")) {
            MergePatch.apply(["metadata": ["finalizers": .null]], to: $0)
        }
        #expect(cluster.store.object(.configMaps, "default", "c") == nil)
    }

    @Test func `a precondition that fails keeps the object`() async throws {
        let cluster = Cluster.fixture()
        _ = try await ObjectWriter(cluster: cluster).create(.fixture(.configMaps), configMap)
        let error = await #expect(throws: APIError.self) {
            try await Deletion(cluster: cluster).delete(
                .fixture(.configMaps, "c"), options: ["preconditions": ["uid": "other"]])
        }
        #expect(error?.code == 409)
    }
}
