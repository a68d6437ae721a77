// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Telemetry

/// What is counted of admissions: how many by endpoint and verdict, and how long deciding took.
struct AdmissionMetrics: Sendable {
    /// What was posted to; what another version serves is one, whatever it is called.
    enum Place: MetricLabels {
        case known(AdmissionEndpoint)
        case other

        static var allCases: [Place] { AdmissionEndpoint.allCases.map(Place.known) + [.other] }
        static var names: [String] { ["endpoint"] }
        var values: [String] {
            switch self {
            case .known(let endpoint): [endpoint.rawValue]
            case .other: ["other"]
            }
        }
    }

    struct Series: MetricLabels {
        let place: Place
        let outcome: AdmissionAnswer.Outcome

        /// An unknown path gets no other answer than that.
        static var allCases: [Series] {
            AdmissionEndpoint.allCases.flatMap { endpoint in
                AdmissionAnswer.Outcome.allCases.map { Series(place: .known(endpoint), outcome: $0) }
            } + [Series(place: .other, outcome: .unknown)]
        }
        static var names: [String] { ["endpoint", "verdict"] }
        var values: [String] { place.values + [outcome.rawValue] }
    }

    private let admissions: Counter<Series>
    private let duration: Histogram<Place>

    init(_ registry: MetricsRegistry) {
        admissions = registry.counter(
            "podmint_admissions_total", help: "Admission reviews answered.", by: Series.self)
        // Deciding takes microseconds; what takes a millisecond is a review of megabytes.
        duration = registry.histogram(
            "podmint_admission_duration_seconds", help: "Time to decide one review, without the network.",
            buckets: [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.005, 0.025, 0.1],
            by: Place.self)
    }

    func count(_ place: Place, _ outcome: AdmissionAnswer.Outcome, nanoseconds: Int64) {
        admissions.increment(Series(place: place, outcome: outcome))
        duration.observe(Double(nanoseconds) / 1e9, place)
    }
}
