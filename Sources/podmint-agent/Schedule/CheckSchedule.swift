// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol

/// What podmint says of a certificate that works: whether it would issue the same again.
struct CheckVerdict: Hashable {
    /// Nil while it is current; else why another should be asked for: names that changed, say.
    let reason: String?
    /// Seconds until podmint wants to be asked again; nil where it does not say.
    let again: Int64?
}

/// When to ask for that: as often as podmint says, which knows how many ask; spread so that pods that started
/// together do not ask together. A check that fails is no news: the certificate works.
struct CheckSchedule {
    private var random: any RandomNumberGenerator
    private var dueAt: Int64?
    private var failures = 0

    init(random: any RandomNumberGenerator) { self.random = random }

    /// The first look only starts the wait: what was just published is current.
    mutating func isDue(at monotonic: Int64) -> Bool {
        guard let dueAt else {
            wait(Int64(ProtocolLimits.checkEverySeconds), from: monotonic)
            return false
        }
        return monotonic >= dueAt
    }

    func left(at monotonic: Int64) -> Int64 { max(0, (dueAt ?? monotonic) - monotonic) }

    mutating func answered(_ verdict: CheckVerdict, at monotonic: Int64) {
        failures = 0
        let limits = ProtocolLimits.checkSeconds
        let wanted = verdict.again ?? Int64(ProtocolLimits.checkEverySeconds)
        wait(min(max(wanted, Int64(limits.lowerBound)), Int64(limits.upperBound)), from: monotonic)
    }

    /// A podmint that does not know the question will not learn it before it is replaced.
    mutating func failed(_ kind: AgentFailure.Kind, at monotonic: Int64) {
        let longest = Int64(ProtocolLimits.checkSeconds.upperBound)
        let seconds = Int64(ProtocolLimits.checkEverySeconds) << min(failures, 6)
        failures += 1
        wait(kind == .refused ? longest : min(seconds, longest), from: monotonic)
    }

    /// A fifth more or less.
    private mutating func wait(_ seconds: Int64, from monotonic: Int64) {
        dueAt = monotonic + Int64.random(in: seconds * 800...seconds * 1200, using: &random)
    }
}
