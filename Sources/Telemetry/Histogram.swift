// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// How values spread over fixed buckets, one set of them for each case of its labels.
package final class Histogram<Labels: MetricLabels>: Metric {
    let name: String
    let help: String
    let type = "histogram"
    private let buckets: [Double]
    private let series: [Labels: HistogramSeries]

    init(name: String, help: String, buckets: [Double]) {
        precondition(
            !buckets.isEmpty && zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 },
            "the buckets of \(name) do not ascend")
        self.name = name
        self.help = help
        self.buckets = buckets
        series = Dictionary(
            uniqueKeysWithValues: Labels.allCases.map { ($0, HistogramSeries(buckets: buckets.count)) })
    }

    package func observe(_ value: Double, _ labels: Labels) {
        // A dozen buckets: a walk is as quick as a search.
        let index = buckets.firstIndex { value <= $0 } ?? buckets.count
        series[labels]?.add(value, at: index)
    }

    package func observe(_ duration: Duration, _ labels: Labels) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) / 1e18, labels)
    }

    package func count(_ labels: Labels) -> Int { series[labels]?.state.count ?? 0 }

    func write(to page: inout String) {
        for labels in Labels.allCases {
            guard let state = series[labels]?.state else { continue }
            var cumulative = 0
            for (bound, count) in zip(buckets, state.counts) {
                cumulative += count
                let le = labels.rendered(adding: ("le", PrometheusNumber(bound).description))
                page += "\(name)_bucket\(le) \(cumulative)\n"
            }
            page += "\(name)_bucket\(labels.rendered(adding: ("le", "+Inf"))) \(state.count)\n"
            page += "\(name)_sum\(labels.rendered()) \(PrometheusNumber(state.sum))\n"
            page += "\(name)_count\(labels.rendered()) \(state.count)\n"
        }
    }
}

extension Histogram where Labels == NoLabels {
    package func observe(_ value: Double) { observe(value, .only) }
    package func observe(_ duration: Duration) { observe(duration, .only) }
    package var count: Int { count(.only) }
}

/// Counts by bucket (the last is `+Inf`) and their sum, under one short lock: a page must never show a count
/// without its sum.
final class HistogramSeries: Sendable {
    struct State {
        var counts: [Int]
        var sum = 0.0
        var count = 0
    }

    private let stored: Mutex<State>

    init(buckets: Int) { stored = Mutex(State(counts: Array(repeating: 0, count: buckets + 1))) }

    var state: State { stored.withLock { $0 } }

    func add(_ value: Double, at index: Int) {
        stored.withLock { state in
            state.counts[index] += 1
            state.sum += value
            state.count += 1
        }
    }
}
