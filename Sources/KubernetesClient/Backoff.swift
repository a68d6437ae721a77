// SPDX-License-Identifier: Apache-2.0

/// How long to wait before trying again: longer each time up to a cap, and never in step with others.
package struct Backoff: Hashable, Sendable {
    package let first: Duration
    package let longest: Duration
    private var failures = 0

    /// Eight hundred milliseconds to half a minute: what client-go's reflectors do to an API server that is
    /// coming back.
    package init(first: Duration = .milliseconds(800), longest: Duration = .seconds(30)) {
        self.first = first
        self.longest = longest
    }

    /// The doubled wait, plus up to as much again by chance.
    package mutating func next(_ random: inout some RandomNumberGenerator) -> Duration {
        // 2^20 times any first wait is beyond any cap.
        let wait = min(first * (1 << min(failures, 20)), longest)
        failures += 1
        return wait * (1 + Double.random(in: 0..<1, using: &random))
    }

    package mutating func reset() { failures = 0 }
}
