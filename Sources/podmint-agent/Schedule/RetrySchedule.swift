// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol

/// How long to wait after a failure: doubling from the kind's first delay to its ceiling, spread by jitter, for
/// ever; never more than a tenth of what is left of a certificate that works, so that its last minutes are not slept
/// through. A server's `Retry-After` is obeyed up to `ProtocolLimits.retryAfterSeconds` whatever is left.
struct RetrySchedule {
    private var random: any RandomNumberGenerator
    private var failures = 0

    init(random: any RandomNumberGenerator) { self.random = random }

    /// Milliseconds until the next try. `life` are the seconds that the published certificate still works; nil without one.
    mutating func delay(after kind: AgentFailure.Kind, life: Int64? = nil) -> Int64 {
        let (first, ceiling) = Self.bounds(kind)
        var backoff = min(first << min(failures, 20), ceiling)
        // A longer life allows more than the ceiling does.
        if let life, life < ceiling { backoff = min(backoff, max(first, life * 1000 / 10)) }
        failures += 1
        // Half fixed, half random: never at once, never all together.
        var delay = backoff / 2 + random.next(upTo: backoff / 2)
        if case .busy(let asked?) = kind {
            let milliseconds = min(max(asked, 0), Int64(ProtocolLimits.retryAfterSeconds)) * 1000
            // Never earlier than asked; up to a fifth later, so that the told do not come back as one.
            delay = max(delay, milliseconds + random.next(upTo: milliseconds / 5))
        }
        return delay
    }

    mutating func reset() { failures = 0 }

    /// First delay and ceiling in milliseconds.
    ///
    /// A pod waits for its start, so an unreachable podmint is tried every second at first and every minute
    /// later; refusals need a person (or, after 401, a token the kubelet has yet to rotate).
    private static func bounds(_ kind: AgentFailure.Kind) -> (first: Int64, ceiling: Int64) {
        switch kind {
        case .unreachable: (1000, 60_000)
        case .busy: (1000, 120_000)
        case .refused: (10_000, 600_000)
        case .unusableAnswer: (5000, 300_000)
        case .local: (2000, 60_000)
        }
    }
}

extension RandomNumberGenerator {
    fileprivate mutating func next(upTo bound: Int64) -> Int64 {
        bound > 0 ? Int64.random(in: 0...bound, using: &self) : 0
    }
}
