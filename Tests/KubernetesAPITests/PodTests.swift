// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import KubernetesAPI

@Suite struct PodTests {
    static func pod(_ text: String) throws -> Pod { try Pod(JSONDocument(text).root) }

    @Test func `reads identity, network and status`() throws {
        let pod = try Self.pod(
            #"""
            {"metadata": {"name": "web-0", "namespace": "shop", "uid": "u1", "resourceVersion": "7",
              "labels": {"app": "web"}, "annotations": {"podmint.dev/duration": "91d"}},
             "spec": {"serviceAccountName": "web", "nodeName": "n1", "hostname": "web-0", "subdomain": "web"},
             "status": {"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]}}
            """#)
        #expect(
            pod.metadata.name == "web-0" && pod.metadata.uid == "u1" && pod.metadata.labels == ["app": "web"])
        #expect(pod.serviceAccountName == "web" && pod.nodeName == "n1")
        #expect(pod.hostname == "web-0" && pod.subdomain == "web" && !pod.usesHostNetwork)
        #expect(pod.phase == .running && pod.addresses == ["10.0.0.1", "fd00::1"])
        #expect(!pod.metadata.isBeingDeleted)
    }

    @Test func `an unscheduled pod has no node, no address and an unknown phase`() throws {
        let pod = try Self.pod(
            #"{"metadata": {"name": "a", "uid": "u"}, "spec": {"nodeName": "", "hostname": ""}}"#)
        #expect(pod.nodeName == nil && pod.hostname == nil && pod.addresses.isEmpty && pod.phase == .unknown)
        #expect(pod.serviceAccountName.isEmpty)
    }

    @Test func `an older server's single podIP counts`() throws {
        let pod = try Self.pod(
            #"{"metadata": {"name": "a", "uid": "u"}, "spec": {}, "status": {"podIP": "10.0.0.9"}}"#)
        #expect(pod.addresses == ["10.0.0.9"])
    }

    @Test func `its controller is the owner that says so, and a node is none`() throws {
        let pod = try Self.pod(
            #"""
            {"metadata": {"name": "a", "namespace": "shop", "uid": "u", "ownerReferences": [
               {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "1"},
               {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "2", "controller": true}]},
             "spec": {}}
            """#)
        #expect(
            pod.controller
                == ObjectReference(
                    apiVersion: "apps/v1", kind: "ReplicaSet", namespace: "shop", name: "web-1", uid: "2"))
        let mirror = try Self.pod(
            #"""
            {"metadata": {"name": "a", "uid": "u", "ownerReferences": [
               {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "3", "controller": true}]}, "spec": {}}
            """#)
        #expect(mirror.controller == nil)
    }

    @Test func `a deletion timestamp is seen`() throws {
        let pod = try Self.pod(
            #"{"metadata": {"name": "a", "uid": "u", "deletionTimestamp": "2026-01-01T00:00:00Z"}, "spec": {}}"#
        )
        #expect(pod.metadata.isBeingDeleted)
    }

    @Test(arguments: [
        #"{}"#, #"{"metadata": {"name": "a"}}"#, #"{"metadata": {"uid": "u"}, "spec": {}}"#,
        #"{"metadata": {"name": "a", "uid": "u"}}"#, #"[]"#,
    ])
    func `refuses an object that is no stored pod`(text: String) {
        #expect(throws: RecordError.self) { try Self.pod(text) }
    }

    @Test func `reads containers and volumes as podmint's agent needs them`() throws {
        let pod = try Self.pod(
            #"""
            {"metadata": {"name": "a", "uid": "u"}, "spec": {
              "initContainers": [{"name": "podmint-agent", "image": "i", "command": ["/podmint-agent"], "args": ["run"],
                "restartPolicy": "Always",
                "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"fieldRef": {}}}, {"name": "C"},
                        {"name": "D", "value": "1"}, {"name": "D", "value": "2"}],
                "volumeMounts": [{"name": "v", "mountPath": "/v"}, {"name": "w", "mountPath": "/w", "readOnly": true}]}],
              "containers": [{"name": "app", "envFrom": [{"secretRef": {"name": "x"}}]}],
              "volumes": [{"name": "v", "emptyDir": {"medium": "Memory"}}, {"name": "d", "emptyDir": {}},
                {"name": "t", "projected": {"sources": [{"configMap": {"name": "c"}},
                  {"serviceAccountToken": {"audience": "podmint.dev", "path": "token"}}]}}, {"name": "s", "secret": {}}]}}
            """#)
        let agent = try #require(pod.initContainers.first)
        #expect(agent.restartsAlways && agent.command == ["/podmint-agent"] && agent.arguments == ["run"])
        #expect(agent.literal("A") == "1" && agent.literal("C") == "" && !agent.importsEnvironment)
        #expect(agent.literal("B") == nil, "a value from elsewhere is no literal")
        #expect(agent.literal("D") == nil, "which of two counts is nobody's to guess")
        #expect(agent.mounts == [.init("v", at: "/v"), .init("w", at: "/w", isReadOnly: true)])
        #expect(pod.containers.first?.importsEnvironment == true)
        #expect(
            pod.volumes.map(\.source) == [
                .emptyDirectory(inMemory: true), .emptyDirectory(inMemory: false),
                .projected(tokens: [.init(audience: "podmint.dev", path: "token")]), .other,
            ])
    }
}
