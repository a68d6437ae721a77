// SPDX-License-Identifier: Apache-2.0

/// Numbers that somebody else keeps, read when the page is asked for; one series for each case of its labels that has
/// a number then.
struct SampledMetric<Labels: MetricLabels>: Metric {
    let name: String
    let help: String
    let type: String
    let read: @Sendable (Labels) -> Double?

    func write(to page: inout String) {
        for labels in Labels.allCases {
            guard let value = read(labels) else { continue }
            page += "\(name)\(labels.rendered()) \(PrometheusNumber(value))\n"
        }
    }
}
