// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import SigningProtocol
internal import Sockets

/// Gets a certificate, keeps it fresh, and tries for ever.
///
/// The volume is the only state: each round looks at what is published and decides anew, so a restart, a jump of
/// the clock or a file that somebody removed are nothing special. What works is replaced only by what was checked.
struct Agent {
    enum Goal {
        /// `init`: return as soon as a set that works is published.
        case firstCertificate
        /// `run`: never return, unless told to.
        case renewals
    }

    /// A new key and the request for it.
    private struct Question {
        let key: PrivateKey
        let request: [UInt8]
    }

    let configuration: AgentConfiguration
    let clock: AgentClock
    let source: any CertificateSource
    let publisher: Publisher
    private var log: AgentLog
    private var random: any RandomNumberGenerator
    private var retry: RetrySchedule
    private var check: CheckSchedule
    /// Kept while podmint is busy or away: it then keeps the pod's place in its queue, an answer lost on the way is
    /// not signed twice, and RSA keys are not made in vain.
    private var question: Question?
    /// Issued but not published, because the volume refused: podmint is not asked again for each try.
    private var unpublished: CertificateSet?
    /// When former sets may go; see `Publisher.removeLeftovers`.
    private var tidyAt: Int64?

    init(
        configuration: AgentConfiguration, clock: AgentClock, source: any CertificateSource,
        publisher: Publisher,
        log: AgentLog, random: any RandomNumberGenerator
    ) {
        self.configuration = configuration
        self.clock = clock
        self.source = source
        self.publisher = publisher
        self.log = log
        self.random = random
        retry = RetrySchedule(random: random)
        check = CheckSchedule(random: random)
    }

    mutating func run(_ goal: Goal) {
        var isFirstRound = true
        while true {
            let now = clock.wall()
            let pause: Int64
            switch PublishedState(directory: publisher.path, configuration: configuration, at: now) {
            case .good(let set, let schedule):
                if isFirstRound { log.note("keeping certificate \(describe(set, schedule))") }
                if goal == .firstCertificate { return }
                tidy()
                if let why = outdated(set) {
                    pause = attempt(.renewal, why, at: now)
                } else {
                    let tick = min(Self.tickSeconds, max(1, schedule.renewAt - now)) * 1000
                    pause = min(tick, max(1000, check.left(at: clock.monotonic())))
                }
            case .renewable(let why):
                pause = attempt(.renewal, why, at: now)
                // A pod's start must not wait for podmint while there is a certificate that works.
                if goal == .firstCertificate, pause > 0 { return }
            case .unusable(let why):
                pause = attempt(.first, why, at: now)
            }
            isFirstRound = false
            guard clock.pause(pause) else { return }
        }
    }

    /// One try; returns how many milliseconds to wait before the next look.
    private mutating func attempt(_ reason: IssuanceReason, _ why: String, at now: Int64) -> Int64 {
        do throws(AgentFailure) {
            let set = try issue(reason, at: now)
            try publish(set, at: clock.wall())
            retry.reset()
            check = CheckSchedule(random: random)
            log.note("published certificate \(describe(set, schedule(of: set)))")
            return 0
        } catch {
            let delay = retry.delay(after: error.kind)
            log.failure("\(why); \(error)", nextTry: delay, monotonic: clock.monotonic())
            return delay
        }
    }

    /// Why podmint would issue another certificate than this one, which works; asked at intervals. Nil when it would
    /// not, and when it does not answer.
    private mutating func outdated(_ set: CertificateSet) -> String? {
        let now = clock.monotonic()
        guard check.isDue(at: now) else { return nil }
        do throws(AgentFailure) {
            let verdict = try source.verdict(on: set)
            // Stays due until another certificate is there, or this one is current after all.
            guard let reason = verdict.reason else {
                check.answered(verdict, at: now)
                return nil
            }
            return "podmint would issue another certificate now: \(reason)"
        } catch {
            check.failed(error.kind, at: now)
            return nil
        }
    }

    private mutating func issue(_ reason: IssuanceReason, at now: Int64) throws(AgentFailure)
        -> CertificateSet
    {
        if let set = unpublished, set.fault(at: now) == nil, !schedule(of: set).isDue(at: now) { return set }
        let question = if let question { question } else { try makeQuestion() }
        self.question = question
        do throws(AgentFailure) {
            let answer = try source.answer(to: question.request, because: reason)
            // The wait may have been long: what counts is the time now.
            return try IssuedSet.check(answer, for: question.key, at: clock.wall())
        } catch {
            switch error.kind {
            case .unreachable, .busy, .local: break
            case .refused, .unusableAnswer: self.question = nil
            }
            throw error
        }
    }

    private func makeQuestion() throws(AgentFailure) -> Question {
        do throws(OpenSSLError) {
            let key = try PrivateKey.generate(configuration.keyAlgorithm)
            return Question(key: key, request: try SigningRequest.create(key: key, names: []))
        } catch { throw AgentFailure(.local, "no key could be made: \(error)") }
    }

    private mutating func publish(_ set: CertificateSet, at now: Int64) throws(AgentFailure) {
        question = nil
        unpublished = set
        let nonce = UInt32.random(in: .min ... .max, using: &random)
        do { try Termination.deferred { try publisher.publish(set, at: now, nonce: nonce) } } catch {
            throw AgentFailure(
                .local, "the certificate cannot be written to \(publisher.path): \(error)",
                hint: "is the volume full, read-only or owned by another user?")
        }
        unpublished = nil
        tidyAt = clock.monotonic() + Self.graceMilliseconds
    }

    /// A failure is no news: the next publication removes leftovers first, and tells.
    private mutating func tidy() {
        guard let due = tidyAt, clock.monotonic() >= due else { return }
        tidyAt = nil
        try? publisher.removeLeftovers()
    }

    private func schedule(of set: CertificateSet) -> RenewalSchedule {
        set.schedule(lifetime: configuration.lifetime, renewBefore: configuration.renewBefore)
    }

    private func describe(_ set: CertificateSet, _ schedule: RenewalSchedule) -> String {
        let names = set.leaf.subjectAlternativeNames.map(\.text).joined(separator: ", ")
        return "\(set.leaf.serialHex) of \(configuration.podText) for \(names.isEmpty ? "no names" : names), "
            + "valid to \(UTCTime.text(set.leaf.notAfter)), renewed at \(UTCTime.text(schedule.renewAt))"
    }

    /// The wall clock may jump and a laptop may sleep: half a minute late is soon enough for lives of 5 minutes.
    private static let tickSeconds: Int64 = 30
    /// Opening four files takes a program no longer.
    private static let graceMilliseconds: Int64 = 10_000
}
