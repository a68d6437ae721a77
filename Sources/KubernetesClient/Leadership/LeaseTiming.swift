// SPDX-License-Identifier: Apache-2.0

/// The times of an election. A leader stops by itself `duration - deadline` before anybody else may begin.
package struct LeaseTiming: Hashable, Sendable {
    /// How long others leave a Lease alone that they see unchanged.
    package var duration = Duration.seconds(15)
    /// How long after its last renewal a leader may go on.
    package var deadline = Duration.seconds(10)
    /// Two tries fit into the deadline.
    package var renewal = Duration.seconds(4)
    /// How soon a released Lease is noticed, and a failed request tried again; up to a fifth more by chance.
    package var retry = Duration.seconds(2)
    package var attempt = Duration.seconds(4)

    package init() {}

    func retry(_ random: inout some RandomNumberGenerator) -> Duration {
        retry * (1 + Double.random(in: 0..<0.2, using: &random))
    }
}
