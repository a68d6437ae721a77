// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// How often one pod may ask: a bucket of tokens for each pod UID, refilled as time passes.
///
/// Bounded: a pod that fell out of the table starts with a full bucket, which only those notice who flood.
package final class RequestRate: Sendable {
    /// A first certificate, retries while the address or a replica is missing, and a restart.
    static let burst = 10.0
    /// One in 5 s, for ever: more than any schedule of an agent that renews at 60 % of 5 minutes.
    static let perSecond = 0.2
    /// A full cluster (150,000 pods) would be 20 MB; this many ask within any one refill time.
    static let podLimit = 16_384

    private struct Bucket {
        var tokens: Double
        var filledAt: Double
    }

    private let buckets = Mutex(BoundedMap<String, Bucket>(limit: podLimit))
    private let clock: IssuanceClock

    package init(clock: IssuanceClock = .system) { self.clock = clock }

    /// Takes one token; without one, how many seconds until there is.
    func take(for podUID: String) -> Int? {
        let (seconds, attoseconds) = clock.elapsed().components
        let now = Double(seconds) + Double(attoseconds) / 1e18
        return buckets.withLock { buckets in
            var bucket = buckets[podUID] ?? Bucket(tokens: Self.burst, filledAt: now)
            bucket.tokens = min(Self.burst, bucket.tokens + (now - bucket.filledAt) * Self.perSecond)
            bucket.filledAt = now
            defer { buckets[podUID] = bucket }
            guard bucket.tokens >= 1 else { return Int(((1 - bucket.tokens) / Self.perSecond).rounded(.up)) }
            bucket.tokens -= 1
            return nil
        }
    }
}
