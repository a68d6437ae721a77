// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import OpenSSL
internal import SigningProtocol
internal import Telemetry

/// The metrics of `serve`, all made before anything is served: each series is there from the first scrape, and a rate
/// never misses the first step.
struct ServeMetrics: Sendable {
    let admissions: AdmissionMetrics
    let issuance: IssuanceMetrics
    let queue: QueueMetrics
    let caches: CacheMetrics
    let expiries: CertificateExpiries
    let rotation: RotationMetrics
    let userCertificates: UserCertificateMetrics

    init(_ registry: MetricsRegistry, readiness: Readiness) {
        admissions = AdmissionMetrics(registry)
        issuance = IssuanceMetrics(registry: registry)
        queue = QueueMetrics(registry: registry)
        caches = CacheMetrics(registry)
        expiries = CertificateExpiries(registry)
        rotation = RotationMetrics(registry)
        userCertificates = UserCertificateMetrics(registry)
        registry.constant(
            "podmint_build_info", help: "What is running.",
            labels: [
                (name: "version", value: Version.current), (name: "openssl", value: OpenSSLVersion.text),
            ])
        registry.gauge("podmint_ready", help: "1 while /readyz says yes, else 0.") {
            readiness.isReady ? 1 : 0
        }
        registry.gauge(
            "podmint_condition_met",
            help: "1 where a condition of /readyz is met, else 0; what is excused keeps nobody away.",
            by: Readiness.Condition.self
        ) { readiness.isMet($0) ? 1 : 0 }
        ProcessMetrics.observe(in: registry, start: SystemTime.now)
    }
}
