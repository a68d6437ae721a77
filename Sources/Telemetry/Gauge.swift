// SPDX-License-Identifier: Apache-2.0

/// A number that goes up and down, one series for each case of its labels.
package final class Gauge<Labels: MetricLabels>: Metric {
    let name: String
    let help: String
    let type = "gauge"
    private let cells: [Labels: AtomicCell]

    init(name: String, help: String) {
        self.name = name
        self.help = help
        cells = Dictionary(uniqueKeysWithValues: Labels.allCases.map { ($0, AtomicCell()) })
    }

    package func set(_ value: Int, _ labels: Labels) { cells[labels]?.set(value) }
    package func add(_ amount: Int, _ labels: Labels) { cells[labels]?.add(amount) }
    package func value(_ labels: Labels) -> Int { cells[labels]?.value ?? 0 }

    func write(to page: inout String) {
        for labels in Labels.allCases { page += "\(name)\(labels.rendered()) \(value(labels))\n" }
    }
}

extension Gauge where Labels == NoLabels {
    package func set(_ value: Int) { set(value, .only) }
    package func add(_ amount: Int) { add(amount, .only) }
    package var value: Int { value(.only) }
}

/// A gauge that is always 1 and speaks by its labels.
struct ConstantGauge: Metric {
    let name: String
    let help: String
    let type = "gauge"
    let labels: [(name: String, value: String)]

    func write(to page: inout String) {
        let pairs = labels.map { label in
            let value = label.value.filter { $0 != "\"" && $0 != "\\" && !$0.isNewline }
            return "\(label.name)=\"\(value)\""
        }
        page += "\(name){\(pairs.joined(separator: ","))} 1\n"
    }
}

/// A number as the text format wants it: `1`, not `1.0`; infinities and NaN by their own names.
struct PrometheusNumber: CustomStringConvertible {
    private let value: Double

    init(_ value: Double) { self.value = value }

    var description: String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }
}
