// SPDX-License-Identifier: Apache-2.0
internal import Telemetry

/// What admission could not prevent. Every replica counts all of it.
struct UserCertificateMetrics: Sendable {
    enum State: String, MetricLabels {
        case good, expiring, faulty

        static var names: [String] { ["state"] }
        var values: [String] { [rawValue] }
    }

    let missed: Gauge<NoLabels>
    let standing: Gauge<State>

    init(_ registry: MetricsRegistry) {
        missed = registry.gauge(
            "podmint_pods_missed_injection",
            help: "Pods that ask for a certificate and were made without. Every replica counts all of them.")
        standing = registry.gauge(
            "podmint_user_certificates",
            help:
                "Certificate Secrets that podmint may read, by how they stand. Every replica counts all of them.",
            by: State.self)
    }
}
