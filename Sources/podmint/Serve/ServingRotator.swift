// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import KubernetesAPI
internal import KubernetesClient
internal import Logging
internal import OpenSSL

/// Moves the rotation of the serving CA on, in the replica that leads. It only changes the Secret: what follows from
/// that (anchors, leaves) every replica does for itself.
struct ServingRotator: Sendable {
    let client: APIClient
    let namespace: String
    let serving: ManagedServing
    let spread: @Sendable (Certificate) -> ServingRotation.Spread
    let logger: Logger
    var clock = WaitingClock.system
    var calendar: @Sendable () -> Int64 = { SystemTime.now }

    private static let interval = Duration.seconds(5)
    /// After a write its effect must come back by the watch before anything else is decided.
    private static let busyInterval = Duration.seconds(1)

    func run() async {
        var told = Told()
        while !Task.isCancelled {
            let pause = await move(serving.authorities, &told)
            guard (try? await clock.sleep(pause)) != nil else { return }
        }
    }

    /// What the log has said already.
    private struct Told {
        var waited = ""
        var row = FailureRow(backoff: Backoff(first: ServingRotator.busyInterval))
    }

    /// When to look again.
    private func move(_ secret: ServingAuthorities, _ told: inout Told) async -> Duration {
        guard !serving.isSecretGone else { return await restore(secret, &told) }
        let now = calendar()
        var successor: Certificate?
        if case .waiting(let next) = secret.successor { successor = next.authority.certificate }
        let spread = successor.map(spread) ?? .init(isInWebhooks: false, lacking: nil)
        switch ServingRotation.step(secret, spread, at: now) {
        case .rest: return Self.interval
        case .wait(let what):
            if what != told.waited { logger.info("the new serving CA waits", metadata: ["for": "\(what)"]) }
            told.waited = what
            return Self.busyInterval
        case .forgetRequest:
            return await write(
                secret.forgettingRequest(), "a rotation of the serving CA goes on already", &told)
        case .begin(let cause):
            return await begin(secret, because: cause, &told)
        case .turn(let next):
            if let lacking = spread.lacking, !lacking.isEmpty {
                logger.warning(
                    "the new serving CA signs, though namespaces lack it",
                    metadata: ["namespaces": "\(lacking.prefix(10).joined(separator: ","))"])
            }
            return await write(
                secret.turning(to: next, at: now), "the new serving CA signs from now on", &told)
        case .discard(let why, let parts):
            return await write(
                secret.discarding(parts: parts), "discarded a new serving CA that cannot be used", &told,
                ["why": "\(why)"])
        case .drop:
            return await write(secret.dropping(at: now), "dropped a serving CA that has ended", &told)
        }
    }

    private func begin(
        _ secret: ServingAuthorities, because cause: ServingRotation.Cause, _ told: inout Told
    ) async -> Duration {
        if secret.current.certificate.pathLength != nil {
            logger.warning(
                "the serving CA may not certify another: agents that know only the old one need podmint-root")
        }
        let patch: JSONPatch
        do throws(OpenSSLError) { patch = try secret.beginning(at: calendar()) } catch {
            logger.error("cannot make a serving CA", metadata: ["why": "\(error)"])
            return Self.interval
        }
        let why =
            switch cause {
            case .halfOfLife: "half of its life is over"
            case .request(let text): "asked for: \(text)"
            }
        return await write(patch, "made a new serving CA", &told, ["why": "\(why)"])
    }

    private func write(
        _ patch: JSONPatch, _ done: Logger.Message, _ told: inout Told, _ metadata: Logger.Metadata = [:]
    ) async -> Duration {
        do throws(KubernetesError) {
            _ = try await client.patch(
                .secrets, namespace: namespace, name: ServingAuthorities.description.secret, .json,
                patch.serialized())
            logger.notice(done, metadata: metadata)
            told.row.end()
            return Self.busyInterval
        } catch {
            // 422: somebody else wrote; the watch brings what, and it is decided anew.
            guard error.code != 422, !Task.isCancelled else { return Self.busyInterval }
            return note(error, &told)
        }
    }

    /// What every replica serves with is in the memory of each; without the Secret the next one that starts would make a CA
    /// that nobody trusts.
    private func restore(_ secret: ServingAuthorities, _ told: inout Told) async -> Duration {
        do throws(KubernetesError) {
            _ = try await client.create(.secrets, namespace: namespace, secret.secret(in: namespace))
            logger.notice(
                "wrote the serving CA's Secret anew, which was deleted",
                metadata: ["issuer": "\(secret.current.certificate.subject)"])
            told.row.end()
            return Self.busyInterval
        } catch {
            guard !error.isAlreadyExists, !Task.isCancelled else { return Self.busyInterval }
            return note(error, &told)
        }
    }

    private func note(_ error: KubernetesError, _ told: inout Told) -> Duration {
        let (isNews, wait) = told.row.failed(error)
        if isNews {
            logger.warning("cannot write the serving CA's Secret; it is tried again", failure: error)
        }
        return wait
    }
}
