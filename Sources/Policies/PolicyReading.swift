// SPDX-License-Identifier: Apache-2.0
package import Validation

/// What came of reading an object of podmint's own kinds: every fault at once, and what it says if none is an error.
package struct PolicyReading<Value: Sendable>: Sendable {
    /// Nil where a fault makes it unusable.
    package let value: Value?
    package let faults: [Fault]

    init(_ value: Value?, _ faults: [Fault]) {
        self.value = faults.contains { $0.severity == .error } ? nil : value
        self.faults = faults
    }
}
