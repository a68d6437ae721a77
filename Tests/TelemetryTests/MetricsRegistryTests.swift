// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Telemetry

@Suite struct MetricsRegistryTests {
    enum Verdict: String, MetricLabels {
        case issued
        case denied

        static var names: [String] { ["result"] }
        var values: [String] { [rawValue] }
    }

    @Test func `prints help, type and every series from the start`() {
        let registry = MetricsRegistry()
        let counter = registry.counter(
            "podmint_certificates_issued_total", help: "Certificates.", by: Verdict.self)
        counter.increment(.issued, by: 2)
        #expect(
            registry.text() == """
                # HELP podmint_certificates_issued_total Certificates.
                # TYPE podmint_certificates_issued_total counter
                podmint_certificates_issued_total{result="issued"} 2
                podmint_certificates_issued_total{result="denied"} 0

                """)
    }

    @Test func `sorts metrics by name and prints gauges of every kind`() {
        let registry = MetricsRegistry()
        registry.gauge("podmint_b", help: "B.", reading: { 1.5 })
        let gauge = registry.gauge("podmint_a", help: "A.")
        gauge.set(3)
        gauge.add(-5)
        registry.constant("podmint_build_info", help: "Build.", labels: [("version", "0.1\"")])
        let samples = registry.text().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(samples == ["podmint_a -2", "podmint_b 1.5", "podmint_build_info{version=\"0.1\"} 1"])
    }

    @Test func `a histogram's buckets are cumulative and end with infinity`() {
        let registry = MetricsRegistry()
        let histogram = registry.histogram("podmint_signing_seconds", help: "Time.", buckets: [0.5, 1, 2.5])
        for value in [0.125, 0.5, 0.75, 9] { histogram.observe(value) }
        histogram.observe(.milliseconds(250))
        let samples = registry.text().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(
            samples == [
                "podmint_signing_seconds_bucket{le=\"0.5\"} 3", "podmint_signing_seconds_bucket{le=\"1\"} 4",
                "podmint_signing_seconds_bucket{le=\"2.5\"} 4",
                "podmint_signing_seconds_bucket{le=\"+Inf\"} 5",
                "podmint_signing_seconds_sum 10.625", "podmint_signing_seconds_count 5",
            ])
    }

    @Test func `counts from many tasks at once without losing one`() async {
        let counter = MetricsRegistry().counter("podmint_x_total", help: "X.")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1000 { counter.increment() } } }
        }
        #expect(counter.value == 8000)
    }

    @Test func `refuses a counter that does not end in _total`() async {
        await #expect(processExitsWith: .failure) {
            _ = MetricsRegistry().counter("podmint_x", help: "X.")
        }
    }

    @Test func `refuses a second metric of one name`() async {
        await #expect(processExitsWith: .failure) {
            let registry = MetricsRegistry()
            _ = registry.gauge("podmint_x", help: "X.")
            _ = registry.gauge("podmint_x", help: "X.")
        }
    }
}
