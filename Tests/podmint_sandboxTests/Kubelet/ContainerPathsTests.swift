// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct ContainerPathsTests {
    private let container: JSONValue = [
        "volumeMounts": [
            ["name": "podmint-default", "mountPath": "/var/run/secrets/podmint.dev/default"],
            ["name": "podmint-token", "mountPath": "/var/run/secrets/podmint.dev/.podmint"],
            ["name": "part", "mountPath": "/part/", "subPath": "sub"],
        ]
    ]

    @Test(arguments: [
        ("/var/run/secrets/podmint.dev/default", "/v/podmint-default"),
        ("/var/run/secrets/podmint.dev/.podmint/token", "/v/podmint-token/token"),
        ("/part/x", "/v/part/sub/x"),
        ("/var/run/secrets/podmint.dev/defaultish", "/var/run/secrets/podmint.dev/defaultish"),
        ("plain", "plain"),
    ])
    func `a path that stands alone becomes a folder`(path: String, folder: String) {
        #expect(ContainerPaths(container, volumes: "/v").map(path) == folder)
    }

    @Test func `references to earlier variables are expanded`() {
        #expect(ContainerEnvironment.expand("$(A)-$$(A)-$(B)-$", ["A": "1"]) == "1-$(A)-$(B)-$")
    }

    @Test func `fields of the pod are read`() throws {
        let pod: JSONValue = [
            "metadata": ["name": "p", "namespace": "n", "labels": ["a/b": "c"]],
            "status": ["podIP": "1.2.3.4", "podIPs": [["ip": "1.2.3.4"], ["ip": "::1"]]],
        ]
        let container: JSONValue = [
            "env": [
                ["name": "N", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]],
                ["name": "IPS", "valueFrom": ["fieldRef": ["fieldPath": "status.podIPs"]]],
                ["name": "L", "valueFrom": ["fieldRef": ["fieldPath": "metadata.labels['a/b']"]]],
                ["name": "X", "valueFrom": ["secretKeyRef": ["name": "s", "key": "k", "optional": true]]],
            ]
        ]
        let environment = try ContainerEnvironment(
            store: Store(), pod: pod, paths: ContainerPaths([:], volumes: "")
        )
        .resolve(container)
        #expect(environment["N"] == "p")
        #expect(environment["IPS"] == "1.2.3.4,::1")
        #expect(environment["L"] == "c")
        #expect(environment["X"] == nil)
    }
}
