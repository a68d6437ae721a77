// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// How one candidate for a Lease goes on: decides, and knows no clock and no network.
///
/// Another's clock is never believed, as in client-go's `leaderelection`: a Lease has ended when this candidate has seen
/// it unchanged, by its own clock, for as long as it is meant to last.
package struct LeaseElection: Sendable {
    /// What to do now. A request that takes longer than `within` has failed.
    package enum Step: Equatable, Sendable {
        case wait(Duration)
        case read(within: Duration)
        case create(Lease, within: Duration)
        case replace(Lease, within: Duration)
    }

    /// A Lease as it was first seen to say what it says.
    private struct Observation {
        let lease: Lease
        let since: Duration
    }

    package let candidate: String
    private let name: String
    private let namespace: String
    private let timing: LeaseTiming
    private var observed: Observation?
    /// Nil while another leads, or nobody.
    private var leadsUntil: Duration?
    private var due: Duration?
    private var mustRead = true

    /// `candidate` must be another one each time: who starts again under the same name would go on leading without
    /// having waited.
    package init(candidate: String, name: String, namespace: String, timing: LeaseTiming = LeaseTiming()) {
        self.candidate = candidate
        self.name = name
        self.namespace = namespace
        self.timing = timing
    }

    /// Who holds the Lease as far as is known.
    package var holder: String? { observed?.lease.holder }

    package func isLeading(at now: Duration) -> Bool { leadsUntil.map { now < $0 } ?? false }

    package mutating func next(
        at now: Duration, calendar: MicroTime, _ random: inout some RandomNumberGenerator
    ) -> Step {
        if let end = leadsUntil, now >= end {
            leadsUntil = nil
            mustRead = true
            due = now
        }
        if let due, now < due { return .wait(min(due, leadsUntil ?? due) - now) }
        // A leader's last try must be over when its time is.
        let within = min(timing.attempt, leadsUntil.map { $0 - now } ?? timing.attempt)
        if mustRead { return .read(within: within) }
        guard let observed else {
            let made = Lease(name: name, namespace: namespace)
            return .create(made.held(by: candidate, for: timing.duration, at: calendar), within: within)
        }
        if let rest = rest(of: observed, at: now) {
            mustRead = true
            due = now + min(timing.retry(&random), rest)
            return .wait((due ?? now) - now)
        }
        return .replace(
            observed.lease.held(by: candidate, for: timing.duration, at: calendar), within: within)
    }

    /// The Lease was read; nil: there is none.
    package mutating func saw(_ lease: Lease?, at now: Duration) {
        mustRead = false
        due = now
        guard let lease else {
            observed = nil
            return
        }
        let isNews = lease.spec != observed?.lease.spec
        observed = Observation(lease: lease, since: isNews ? now : observed?.since ?? now)
        if let holder = lease.holder, holder != candidate { leadsUntil = nil }
    }

    /// The Lease was written. Time counts from before the request: others may have seen its effect at once.
    package mutating func wrote(_ lease: Lease, begun: Duration) {
        observed = Observation(lease: lease, since: begun)
        mustRead = false
        leadsUntil = begun + timing.deadline
        due = begun + timing.renewal
    }

    /// A request failed, or came too late: somebody else had written.
    package mutating func failed(at now: Duration, _ random: inout some RandomNumberGenerator) {
        // Also after a write that got no answer: it may have been made.
        mustRead = true
        due = now + timing.retry(&random)
    }

    /// What to write so that the next need not wait; nil when this candidate does not hold the Lease.
    package func release(calendar: MicroTime) -> Lease? {
        guard let lease = observed?.lease, lease.holder == candidate else { return nil }
        return lease.released(at: calendar)
    }

    /// How long the Lease must still be left to its holder; nil when it is free, ours, or has ended.
    private func rest(of observed: Observation, at now: Duration) -> Duration? {
        guard let holder = observed.lease.holder, holder != candidate else { return nil }
        let end = observed.since + (observed.lease.duration ?? timing.duration)
        return now < end ? end - now : nil
    }
}
