// SPDX-License-Identifier: Apache-2.0
package import Telemetry

/// What is counted about the queue: how many wait in it, and how long they did.
package struct QueueMetrics: Sendable {
    let depth: Gauge<NoLabels>
    let wait: Histogram<NoLabels>

    package init(registry: MetricsRegistry) {
        depth = registry.gauge("podmint_queue_depth", help: "Certificate requests that wait for a worker.")
        wait = registry.histogram(
            "podmint_queue_wait_seconds", help: "How long a certificate request waited for a worker.",
            buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30])
    }
}
