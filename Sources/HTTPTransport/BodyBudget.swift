// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// How much of large bodies a server holds at once, over all its reactors.
///
/// Reactors that look at the same moment may overdraw it, each by what it reads at once (64 KiB).
final class BodyBudget: Sendable {
    private let limit: Int
    private let taken = Atomic<Int>(0)

    init(_ limit: Int) { self.limit = limit }

    /// Takes, or gives back what is negative; false when more is taken than there is.
    func charge(_ bytes: Int) -> Bool {
        let taken = taken.wrappingAdd(bytes, ordering: .relaxed).newValue
        return bytes <= 0 || taken <= limit
    }

    var left: Int { max(0, limit - taken.load(ordering: .relaxed)) }
}
