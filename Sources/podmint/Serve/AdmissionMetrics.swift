// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Telemetry

/// What is counted of admissions: how many by endpoint and verdict, and how long deciding took.
struct AdmissionMetrics: Sendable {
    struct Series: MetricLabels {
        let endpoint: AdmissionEndpoint
        let outcome: AdmissionAnswer.Outcome

        static var allCases: [Series] {
            AdmissionEndpoint.allCases.flatMap { endpoint in
                AdmissionAnswer.Outcome.allCases.map { Series(endpoint: endpoint, outcome: $0) }
            }
        }
        static var names: [String] { ["endpoint", "verdict"] }
        var values: [String] { [endpoint.rawValue, outcome.rawValue] }
    }

    private let admissions: Counter<Series>
    private let duration: Histogram<AdmissionEndpoint>

    init(_ registry: MetricsRegistry) {
        admissions = registry.counter(
            "podmint_admissions_total", help: "Admission reviews answered.", by: Series.self)
        // Deciding takes microseconds; what takes a millisecond is a review of megabytes.
        duration = registry.histogram(
            "podmint_admission_duration_seconds", help: "Time to decide one review, without the network.",
            buckets: [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.005, 0.025, 0.1],
            by: AdmissionEndpoint.self)
    }

    func count(_ endpoint: AdmissionEndpoint, _ outcome: AdmissionAnswer.Outcome, nanoseconds: Int64) {
        admissions.increment(Series(endpoint: endpoint, outcome: outcome))
        duration.observe(Double(nanoseconds) / 1e9, endpoint)
    }
}

extension AdmissionEndpoint: MetricLabels {
    static var names: [String] { ["endpoint"] }
    var values: [String] { [rawValue] }
}
