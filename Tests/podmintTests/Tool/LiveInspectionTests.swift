// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint

struct LiveInspectionTests {
    private func place(
        annotations: JSONValue = [:], volumes: [JSONValue] = [], environment: [(String, String)]? = nil
    ) -> LiveInspection.Place {
        var spec: JSONValue = ["containers": [], "volumes": .array(volumes)]
        if let environment {
            spec["initContainers"] = [
                [
                    "name": "podmint-agent",
                    "env": .array(environment.map { ["name": .string($0.0), "value": .string($0.1)] }),
                ]
            ]
        }
        return LiveInspection.Place(
            of: [
                "metadata": [
                    "name": "web", "namespace": "shop", "uid": "u", "annotations": annotations,
                    "labels": ["app": "web"],
                ],
                "spec": spec,
            ])
    }

    @Test func `the Secrets that a pod serves with, by annotation or by its policies`() {
        #expect(place(annotations: ["podmint.dev/secret": "web-tls"]) == .secrets(["web-tls"]))
        // Selected by a policy: no annotation says it.
        let volumes: [JSONValue] = [
            [
                "name": "podmint-tr",
                "projected": [
                    "sources": [
                        ["secret": ["name": "tr-tls", "items": [["key": "tls.key", "path": "tls.key"]]]]
                    ]
                ],
            ], ["name": "podmint-http", "secret": ["secretName": "http-tls"]],
        ]
        #expect(place(volumes: volumes) == .secrets(["http-tls", "tr-tls"]))
        // Any Secret that it mounts is not its certificate.
        #expect(place(volumes: [["name": "v", "secret": ["secretName": "password"]]]) == .nowhere)
        #expect(LiveInspection.Place(of: []) == .unreadable)
    }

    @Test func `what an agent got is in the pod's memory, where its policy says`() {
        let folder = "/etc/es/certs"
        #expect(
            place(environment: [("PODMINT_DIRECTORY", folder), ("PODMINT_FILES", "certificate=node.crt")])
                == .memory(file: "/etc/es/certs/node.crt"))
        #expect(place(environment: [("PODMINT_DIRECTORY", folder)]) == .memory(file: "/etc/es/certs/tls.crt"))
    }
}
