// SPDX-License-Identifier: Apache-2.0
internal import KubernetesClient
internal import Telemetry

/// What became of the Events that podmint had to tell. What was only counted, because it had just been told, is neither.
enum EventMetrics {
    enum Result: String, MetricLabels {
        case written, lost

        static var names: [String] { ["result"] }
        var values: [String] { [rawValue] }
    }

    static func observe(_ events: EventRecorder, in registry: MetricsRegistry) {
        registry.counter(
            "podmint_events_total", help: "Kubernetes Events, by what became of them.", by: Result.self
        ) { result in
            let counts = events.counts
            return Double(result == .written ? counts.written : counts.lost)
        }
    }
}
