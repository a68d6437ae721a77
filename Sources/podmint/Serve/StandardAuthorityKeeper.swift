// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import KubernetesClient
internal import Logging

/// Has the default authority before the first pod asks for it, and looks after it for as long as podmint serves.
///
/// Admission needs no CA, and other policies have their own: so one that cannot sign is told loudly (the log, `/readyz`,
/// `podmint_condition_met`) and keeps nobody away. Only who has not heard of the cluster at all is not ready.
struct StandardAuthorityKeeper {
    let readiness: Readiness
    let logger: Logger
    let prepare: @Sendable () async throws(Refusal) -> Void
    var clock: WaitingClock = .system

    /// While there is one, and while a person must mend it.
    private static let interval = Duration.seconds(30)
    /// Who starts has to hear of policies first, which takes some looks; an API server that is away is worth a line.
    private static let looksInSilence = 2

    func run() async {
        // Cheap to ask, and somebody is waiting: most often the namespace is about to be created.
        let quick = Backoff(first: .milliseconds(300), longest: .seconds(3))
        var backoff = quick
        var random = SystemRandomNumberGenerator()
        var told: String?
        var silent = 0
        while !Task.isCancelled {
            let pause: Duration
            do throws(Refusal) {
                try await prepare()
                if told != nil { logger.notice("the default authority signs again") }
                (told, silent, backoff, pause) = (nil, 0, quick, Self.interval)
                readiness.meet(.authority)
            } catch {
                if error.code == .apiUnavailable {
                    // A replica that had it goes on with what it has, so this one never did.
                    readiness.miss(.authority, error.message)
                    pause = backoff.next(&random)
                } else {
                    readiness.excuse(.authority, error.message)
                    pause = Self.interval
                }
                silent = error.code == .apiUnavailable ? silent + 1 : 0
                if told != error.message, silent == 0 || silent > Self.looksInSilence {
                    let level: Logger.Level = error.code == .apiUnavailable ? .warning : .error
                    logger.log(
                        level: level,
                        "the default authority cannot sign: pods whose policy names no other get no certificate",
                        metadata: ["reason": "\(error.message)", "hint": "\(error.hint)"])
                    told = error.message
                }
            }
            guard (try? await clock.sleep(pause)) != nil else { return }
        }
    }
}
