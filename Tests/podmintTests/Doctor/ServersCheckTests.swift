// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint

struct ServersCheckTests {
    private let check = ServersCheck(namespace: "pm", now: 1_795_341_600)

    @Test func `counts ready endpoints, each once`() {
        let slice: JSONValue = [
            "endpoints": [
                ["addresses": ["10.0.0.1"], "conditions": ["ready": true]],
                ["addresses": ["10.0.0.2"], "conditions": ["ready": false]], ["addresses": ["10.0.0.3"]],
            ]
        ]
        #expect(check.service([slice, slice]).found == "leads to 2 ready servers")
        #expect(check.service([["endpoints": .null]]).state == .faulty)
        #expect(check.service([]).state == .faulty)
    }

    @Test func `all replicas are ready, or not`() {
        #expect(check.deployment(["spec": ["replicas": 2], "status": ["readyReplicas": 2]]).state == .good)
        #expect(check.deployment(["spec": ["replicas": 2], "status": [:]]).found == "0 of 2 ready")
    }

    @Test(arguments: [
        ("", "2026-11-22T09:59:50.000000Z", Diagnosis.State.faulty),
        ("a", "2026-11-22T09:59:50.000000Z", .good),
        ("a", "2026-11-22T09:59:00.000000Z", .faulty), ("a", "never", .faulty),
    ])
    func `somebody leads now`(holder: String, renewed: String, state: Diagnosis.State) {
        let lease: JSONValue = [
            "spec": [
                "holderIdentity": .string(holder), "leaseDurationSeconds": 15, "renewTime": .string(renewed),
            ]
        ]
        #expect(check.lease(lease).state == state)
        #expect(check.lease(nil).state == .faulty)
    }
}
