// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import SigningProtocol
internal import Sockets

/// Gets one certificate, keeps it fresh, and tries for ever.
///
/// The volume is the only state: each look sees what is published and decides anew, so a restart, a jump of
/// the clock or a file that somebody removed are nothing special. What works is replaced only by what was checked.
struct CertificateKeeper {
    /// A new key and the request for it.
    private struct Question {
        let key: PrivateKey
        let request: [UInt8]
    }

    let settings: CertificateSettings
    /// `namespace/name`, for messages.
    let podText: String
    /// The pod's own, as far as its node said.
    let podAddresses: [IPAddress]
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
    /// Of the password that the published keystores are known to open with.
    private var passwordDigest: [UInt8]?
    private var isFirstLook = true
    /// Published by the last look, and not read back yet.
    private var isFresh = false
    /// Once podmint has issued to this process, it has had its say on the addresses.
    private var hasIssued = false
    /// When to look again, in milliseconds of the monotonic clock.
    private(set) var dueAt: Int64 = 0
    /// Whether a pod's start need not wait any more: there is a certificate that works, and renewing it, if it is due,
    /// was tried.
    private(set) var isSettled = false

    init(
        _ settings: CertificateSettings, podText: String, podAddresses: [IPAddress] = [], clock: AgentClock,
        source: any CertificateSource, publisher: Publisher, log: AgentLog,
        random: any RandomNumberGenerator
    ) {
        self.settings = settings
        self.podText = podText
        self.podAddresses = podAddresses
        self.clock = clock
        self.source = source
        self.publisher = publisher
        self.log = log
        self.random = random
        retry = RetrySchedule(random: random)
        check = CheckSchedule(random: random)
    }

    mutating func look() {
        let now = clock.wall()
        isSettled = false
        let pause: Int64
        switch PublishedState(settings, at: now) {
        case .good(let set, let schedule):
            noteReadBack()
            if isFirstLook { log.note("keeping certificate \(describe(set, schedule))") }
            isSettled = true
            tidy()
            if let why = moved(set) ?? outdated(set) {
                pause = attempt(.renewal, why, after: set, at: now)
            } else {
                let tick = min(Self.tickSeconds, max(1, schedule.renewAt - now)) * 1000
                pause = min(tick, follow(set) ?? max(1000, check.left(at: clock.monotonic())))
            }
        case .renewable(let set, let why):
            noteReadBack()
            pause = attempt(.renewal, why, after: set, at: now)
            isSettled = pause > 0
        case .unusable(let why) where isFresh:
            // Another one would fare no better, and each would cost podmint a signature.
            pause = delay("what was just published cannot be used: \(why)")
        case .unusable(let why):
            pause = attempt(.first, why, after: nil, at: now)
        case .unknown(let why):
            // This was no look: what is there has not been seen.
            dueAt = clock.monotonic() + delay("the certificate stays as it is; \(why)")
            return
        }
        isFirstLook = false
        dueAt = clock.monotonic() + pause
    }

    private mutating func noteReadBack() {
        guard isFresh else { return }
        isFresh = false
        retry.reset()
    }

    /// A trouble of this pod's own; returns how many milliseconds to wait before the next look.
    private mutating func delay(_ trouble: String) -> Int64 {
        isFresh = false
        let delay = retry.delay(after: .local, life: nil)
        log.failure(trouble, nextTry: delay, monotonic: clock.monotonic())
        return delay
    }

    /// One try; returns how many milliseconds to wait before the next look.
    private mutating func attempt(
        _ reason: IssuanceReason, _ why: String, after former: CertificateSet?, at now: Int64
    ) -> Int64 {
        do throws(AgentFailure) {
            let issued = try issue(reason, after: former, at: now)
            // From here on podmint is not asked again, whatever the volume or the inputs say.
            question = nil
            unpublished = issued
            hasIssued = true
            let set = issued.merging(try authorities(or: former?.merged))
            try publish(set, at: clock.wall())
            unpublished = nil
            isFresh = true
            check = CheckSchedule(random: random)
            log.note("published certificate \(describe(set, schedule(of: set))), because \(why)")
            return 0
        } catch {
            let life = former.map { max(0, $0.leaf.notAfter - clock.wall()) }
            let delay = retry.delay(after: error.kind, life: life)
            log.failure("\(why); \(error)", nextTry: delay, monotonic: clock.monotonic())
            return delay
        }
    }

    /// The pod has another address than its certificate says: its sandbox was made anew, and the volume stayed.
    private func moved(_ set: CertificateSet) -> String? {
        guard !hasIssued else { return nil }
        let certified = set.leaf.subjectAlternativeNames.compactMap { name -> [UInt8]? in
            if case .ip(let address) = name { address } else { nil }
        }
        // A certificate without addresses is as podmint wants it, for a pod on the host's network, say.
        guard !certified.isEmpty, let new = podAddresses.first(where: { !certified.contains($0.bytes) })
        else { return nil }
        return "the pod's address is \(new.text) now, and its certificate is for another"
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

    private mutating func issue(
        _ reason: IssuanceReason, after former: CertificateSet?, at now: Int64
    ) throws(AgentFailure) -> CertificateSet {
        if let set = unpublished, set.fault(at: now) == nil, !schedule(of: set).isDue(at: now) { return set }
        let question = if let question { question } else { try makeQuestion(after: former) }
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

    private func makeQuestion(after former: CertificateSet?) throws(AgentFailure) -> Question {
        do throws(OpenSSLError) {
            let kept = settings.reusesKey ? former?.key : nil
            let key = if let kept { kept } else { try PrivateKey.generate(settings.keyAlgorithm) }
            return Question(key: key, request: try SigningRequest.create(key: key, names: []))
        } catch { throw AgentFailure(.local, "no key could be made: \(error)") }
    }

    private mutating func publish(_ set: CertificateSet, at now: Int64) throws(AgentFailure) {
        var keystores: Keystores?
        var digest: [UInt8]?
        if settings.layout.formats.hasPKCS12 {
            let password = try PublicationInputs.password(in: settings.passwordFile)
            keystores = try Keystores(set, password: password)
            digest = password.digest
        }
        let nonce = UInt32.random(in: .min ... .max, using: &random)
        do {
            try Termination.deferred {
                try publisher.publish(set, keystores: keystores, at: now, nonce: nonce)
            }
        } catch {
            throw AgentFailure(
                .local, "the certificate cannot be written to \(publisher.path): \(error)",
                hint: "is the volume full, read-only or owned by another user?")
        }
        passwordDigest = digest
        tidyAt = clock.monotonic() + Self.graceMilliseconds
    }

    /// A failure is no news: the next publication removes leftovers first, and tells.
    private mutating func tidy() {
        guard let due = tidyAt, clock.monotonic() >= due else { return }
        tidyAt = nil
        try? publisher.removeLeftovers()
    }

    private func schedule(of set: CertificateSet) -> RenewalSchedule {
        set.schedule(lifetime: settings.lifetime, renewBefore: settings.renewBefore)
    }

    private func describe(_ set: CertificateSet, _ schedule: RenewalSchedule) -> String {
        let names = set.leaf.subjectAlternativeNames.map(\.text).joined(separator: ", ")
        return "\(set.leaf.serialHex) of \(podText) for \(names.isEmpty ? "no names" : names), "
            + "valid to \(UTCTime.text(set.leaf.notAfter)), renewed at \(UTCTime.text(schedule.renewAt))"
    }

    /// The wall clock may jump and a laptop may sleep: half a minute late is soon enough for lives of 5 minutes.
    private static let tickSeconds: Int64 = 30
    /// Opening four files takes a program no longer.
    private static let graceMilliseconds: Int64 = 10_000
}

// What may change under a certificate that is still good: a ConfigMap of authorities, the Secret of a password.
extension CertificateKeeper {
    /// Publishes the same certificate again when its inputs changed. Nil when there was nothing to do; else how many
    /// milliseconds to wait.
    private mutating func follow(_ set: CertificateSet) -> Int64? {
        do throws(AgentFailure) {
            let others = try authorities(or: nil)
            let wanted = set.merging(others)
            if wanted.merged == set.merged, try !isPasswordNew() { return nil }
            try publish(wanted, at: clock.wall())
            retry.reset()
            log.note(
                "published certificate \(set.leaf.serialHex) again: its authorities or its password changed")
            return 0
        } catch {
            let delay = Self.tickSeconds * 1000
            log.failure(
                "the certificate stays as it is; \(error)", nextTry: delay, monotonic: clock.monotonic())
            return delay
        }
    }

    /// What to merge now. What cannot be read must not keep a certificate from being renewed: then what was merged
    /// before stays.
    private func authorities(or former: [Certificate]?) throws(AgentFailure) -> [Certificate] {
        do throws(AgentFailure) {
            return try PublicationInputs.authorities(in: settings.authorityFiles)
        } catch {
            guard let former else { throw error }
            return former
        }
    }

    private mutating func isPasswordNew() throws(AgentFailure) -> Bool {
        guard settings.layout.formats.hasPKCS12 else { return false }
        let password = try PublicationInputs.password(in: settings.passwordFile)
        let digest = password.digest
        if digest == passwordDigest { return false }
        do throws(SetFault) {
            try PublishedFiles.checkKeystores(
                in: try PublishedState.open(settings.directory), password: password)
        } catch { return true }
        passwordDigest = digest
        return false
    }
}
