// SPDX-License-Identifier: Apache-2.0
import Issuance
import JSON
import KubernetesClient
import OpenSSL
import Telemetry
import Testing

@testable import podmint

@Suite struct RotationMetricsTests {
    /// The phase that has a 1; all others must have a 0.
    private func phase(_ secret: ServingSecret) throws -> String? {
        let registry = MetricsRegistry()
        let metrics = RotationMetrics(registry)
        metrics.observe(
            try ManagedServing(
                try secret.authorities(), hosts: ["podmint"], client: APIClient(transport: secret),
                namespace: "podmint-system"))
        let lines = registry.text().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == RotationMetrics.Phase.allCases.count)
        let current = lines.filter { $0.hasSuffix(" 1") }
        #expect(current.count == 1)
        return current.first?.split(separator: "\"").dropFirst().first.map(String.init)
    }

    @Test func `says the one phase that the Secret is in`() async throws {
        let secret = try await ServingSecret()
        #expect(try phase(secret) == "stable")
        secret.annotate("now")
        #expect(try phase(secret) == "requested")
        try secret.apply(secret.authorities().beginning(at: SystemTime.now))
        #expect(try phase(secret) == "distributing")
        guard case .waiting(let next) = try secret.authorities().successor else {
            Issue.record("no successor")
            return
        }
        try secret.apply(secret.authorities().turning(to: next, at: SystemTime.now))
        #expect(try phase(secret) == "stable")

        var (object, data) = (secret.object, secret.object["data"] ?? [:])
        data["next.crt"] = "bm90aGluZw=="
        object["data"] = data
        secret.object = object
        #expect(try phase(secret) == "unusable")
    }

    @Test func `says nothing about files of somebody else`() {
        let registry = MetricsRegistry()
        _ = RotationMetrics(registry)
        #expect(registry.text().split(separator: "\n").allSatisfy { $0.hasPrefix("#") })
    }
}
