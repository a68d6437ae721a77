// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// A count that only grows, one series for each case of its labels; adding is one atomic addition.
package final class Counter<Labels: MetricLabels>: Metric {
    let name: String
    let help: String
    let type = "counter"
    /// Every series exists from the start, at zero, so that a rate never misses the first step.
    private let cells: [Labels: AtomicCell]

    init(name: String, help: String) {
        self.name = name
        self.help = help
        cells = Dictionary(uniqueKeysWithValues: Labels.allCases.map { ($0, AtomicCell()) })
    }

    package func increment(_ labels: Labels, by amount: Int = 1) {
        precondition(amount >= 0, "a counter only grows")
        cells[labels]?.add(amount)
    }

    package func value(_ labels: Labels) -> Int { cells[labels]?.value ?? 0 }

    func write(to page: inout String) {
        for labels in Labels.allCases { page += "\(name)\(labels.rendered()) \(value(labels))\n" }
    }
}

extension Counter where Labels == NoLabels {
    package func increment(by amount: Int = 1) { increment(.only, by: amount) }
    package var value: Int { value(.only) }
}

/// One integer that many threads change.
final class AtomicCell: Sendable {
    private let stored = Atomic<Int>(0)

    var value: Int { stored.load(ordering: .relaxed) }
    func add(_ amount: Int) { stored.wrappingAdd(amount, ordering: .relaxed) }
    func set(_ value: Int) { stored.store(value, ordering: .relaxed) }
}
