// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import KubernetesAPI

struct PodViewTests {
    @Test func `reads a pod in place`() throws {
        let pod = try view(
            """
            {"metadata": {"generateName": "web-", "annotations": {"podmint.dev/inject": "true", "x": 1},
              "ownerReferences": [{"kind": "A", "name": "a"}, {"kind": "ReplicaSet", "name": "web-1", "controller": true}]},
             "spec": {"securityContext": {"runAsUser": 7}, "hostNetwork": true, "nodeSelector": {"kubernetes.io/os": "windows"},
              "containers": [{"name": "app", "resources": {"limits": {"cpu": 1, "memory": "1Gi"}}, "volumeMounts": [{}]}]}}
            """)
        #expect(pod.metadata.displayName == "web-…")
        #expect(pod.metadata.controller == .init(kind: "ReplicaSet", name: "web-1"))
        #expect(pod.metadata.annotations(prefixed: "podmint.dev/").map(\.key) == ["inject"])
        #expect(
            pod.metadata.hasAnnotation(prefixed: "podmint.dev/") && !pod.metadata.hasAnnotation(prefixed: "y")
        )
        #expect(
            pod.runAsUser == 7 && pod.usesHostNetwork && !pod.usesHostPID && pod.isWindows && !pod.isMirror)
        #expect(pod.containers[0].resources?.limit(of: "cpu") == Quantity(parsing: "1"))
        #expect(pod.containers[0].resources?.limit(of: "memory") == Quantity(parsing: "1Gi"))
        #expect(pod.containers[0].volumeMounts.count == 1 && !pod.hasVolumes && !pod.hasInitContainers)
    }

    @Test(arguments: [
        "{}", "[]", "null", #"{"metadata": [], "spec": "x"}"#,
        #"{"metadata": {"annotations": 1, "ownerReferences": {}, "name": 1}, "spec": {"containers": {}, "volumes": null}}"#,
    ])
    func `reads what has a wrong type as absent`(text: String) throws {
        let pod = try view(text)
        #expect(pod.containers.isEmpty && pod.initContainers.isEmpty && pod.volumes.isEmpty)
        #expect(pod.metadata.annotations(prefixed: "").isEmpty && pod.metadata.controller == nil)
        #expect(pod.metadata.displayName == "(without a name)")
        #expect(!pod.isWindows && !pod.hasPodResources && pod.runAsUser == nil)
    }

    private func view(_ text: String) throws -> PodView { PodView(try JSONDocument(text).root) }
}
