// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Every metric of the process, and its page for Prometheus (text format 0.0.4).
///
/// Metrics are made once at start and kept by who counts; counting never takes the registry's lock. Refuses
/// (traps) a name that Prometheus or promtool would: that is a bug of ours, never of a peer.
package final class MetricsRegistry: Sendable {
    /// What `/metrics` answers with.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private let metrics = Mutex<[any Metric]>([])

    package init() {}

    /// A count that only grows; its name ends in `_total`.
    package func counter<Labels: MetricLabels>(
        _ name: String, help: String, by labels: Labels.Type
    ) -> Counter<Labels> {
        precondition(name.hasSuffix("_total"), "the counter \(name) does not end in _total")
        return register(Counter(name: name, help: help))
    }

    package func counter(_ name: String, help: String) -> Counter<NoLabels> {
        counter(name, help: help, by: NoLabels.self)
    }

    package func gauge<Labels: MetricLabels>(
        _ name: String, help: String, by labels: Labels.Type
    ) -> Gauge<Labels> {
        register(Gauge(name: name, help: help))
    }

    package func gauge(_ name: String, help: String) -> Gauge<NoLabels> {
        gauge(name, help: help, by: NoLabels.self)
    }

    /// A value that somebody else keeps, read when the page is asked for. `read` must not block.
    package func gauge(_ name: String, help: String, reading read: @escaping @Sendable () -> Double) {
        gauge(name, help: help, by: NoLabels.self) { _ in read() }
    }

    /// The same with labels; a series without a value now is left out.
    package func gauge<Labels: MetricLabels>(
        _ name: String, help: String, by labels: Labels.Type,
        reading read: @escaping @Sendable (Labels) -> Double?
    ) {
        _ = register(SampledMetric(name: name, help: help, type: "gauge", read: read))
    }

    /// A count that somebody else keeps, and that only grows.
    package func counter<Labels: MetricLabels>(
        _ name: String, help: String, by labels: Labels.Type,
        reading read: @escaping @Sendable (Labels) -> Double?
    ) {
        precondition(name.hasSuffix("_total"), "the counter \(name) does not end in _total")
        _ = register(SampledMetric(name: name, help: help, type: "counter", read: read))
    }

    /// What is constant for this process, as labels of a gauge that is always 1 (`podmint_build_info`).
    package func constant(_ name: String, help: String, labels: [(name: String, value: String)]) {
        _ = register(ConstantGauge(name: name, help: help, labels: labels))
    }

    /// Upper bounds in ascending order; `+Inf` comes by itself. Durations are in seconds, by the name too.
    package func histogram<Labels: MetricLabels>(
        _ name: String, help: String, buckets: [Double], by labels: Labels.Type
    ) -> Histogram<Labels> {
        register(Histogram(name: name, help: help, buckets: buckets))
    }

    package func histogram(_ name: String, help: String, buckets: [Double]) -> Histogram<NoLabels> {
        histogram(name, help: help, buckets: buckets, by: NoLabels.self)
    }

    /// The page, metrics by name.
    package func text() -> String {
        let metrics = metrics.withLock { $0 }
        var page = ""
        for metric in metrics.sorted(by: { $0.name < $1.name }) {
            page += "# HELP \(metric.name) \(metric.help)\n# TYPE \(metric.name) \(metric.type)\n"
            metric.write(to: &page)
        }
        return page
    }

    private func register<Kind: Metric>(_ metric: Kind) -> Kind {
        let allowed: (UInt8) -> Bool = { ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || $0 == 95 }
        precondition(
            metric.name.utf8.allSatisfy(allowed) && metric.name.utf8.first.map { $0 > 57 } == true,
            "\(metric.name) is no metric name")
        precondition(
            !metric.help.isEmpty && !metric.help.contains("\n"), "\(metric.name) needs one line of help")
        metrics.withLock { metrics in
            precondition(!metrics.contains { $0.name == metric.name }, "\(metric.name) is registered twice")
            metrics.append(metric)
        }
        return metric
    }
}

/// One family of series: what the page needs from it.
protocol Metric: Sendable {
    var name: String { get }
    var help: String { get }
    var type: String { get }
    func write(to page: inout String)
}
