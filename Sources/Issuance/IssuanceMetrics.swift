// SPDX-License-Identifier: Apache-2.0
package import Telemetry

/// What is counted about issuance. Pods and namespaces are never labels: their number is the cluster's, not ours.
package struct IssuanceMetrics: Sendable {
    /// How a request ended.
    enum Result: Hashable, MetricLabels {
        case issued
        case refused(Refusal.Code)

        static var allCases: [Result] { [.issued] + Refusal.Code.allCases.map(Result.refused) }
        static var names: [String] { ["result"] }
        var values: [String] {
            switch self {
            case .issued: ["Issued"]
            case .refused(let code): [code.rawValue]
            }
        }
    }

    let requests: Counter<Result>
    let duration: Histogram<NoLabels>

    package init(registry: MetricsRegistry) {
        requests = registry.counter(
            "podmint_certificate_requests_total", help: "Certificate requests of agents, by how they ended.",
            by: Result.self)
        duration = registry.histogram(
            "podmint_certificate_request_duration_seconds",
            help: "From an agent's request to its answer, waiting for the pod's address included.",
            buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])
    }
}
