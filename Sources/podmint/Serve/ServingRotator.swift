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
        var waited = ""
        while !Task.isCancelled {
            let secret = serving.authorities
            let interval = await move(secret, &waited) ? Self.busyInterval : Self.interval
            guard (try? await clock.sleep(interval)) != nil else { return }
        }
    }

    /// Whether something goes on.
    private func move(_ secret: ServingAuthorities, _ waited: inout String) async -> Bool {
        let now = calendar()
        var successor: Certificate?
        if case .waiting(let next) = secret.successor { successor = next.authority.certificate }
        let spread = successor.map(spread) ?? .init(isInWebhooks: false, lacking: [])
        switch ServingRotation.step(secret, spread, at: now) {
        case .rest: return false
        case .wait(let what):
            if what != waited { logger.info("the new serving CA waits", metadata: ["for": "\(what)"]) }
            waited = what
        case .forgetRequest:
            await write(secret.forgettingRequest(), "a rotation of the serving CA goes on already")
        case .begin(let cause):
            if secret.current.certificate.pathLength != nil {
                logger.warning(
                    "the serving CA may not certify another: agents that know only the old one need podmint-root"
                )
            }
            do throws(OpenSSLError) {
                let why =
                    switch cause {
                    case .halfOfLife: "half of its life is over"
                    case .request(let text): "asked for: \(text)"
                    }
                await write(try secret.beginning(at: now), "made a new serving CA", ["why": "\(why)"])
            } catch { logger.error("cannot make a serving CA", metadata: ["why": "\(error)"]) }
        case .turn(let next):
            if !spread.lacking.isEmpty {
                logger.warning(
                    "the new serving CA signs, though namespaces lack it",
                    metadata: ["namespaces": "\(spread.lacking.prefix(10).joined(separator: ","))"])
            }
            await write(secret.turning(to: next, at: now), "the new serving CA signs from now on")
        case .discard(let why, let parts):
            await write(
                secret.discarding(parts: parts), "discarded a new serving CA that cannot be used",
                ["why": "\(why)"])
        case .drop:
            await write(secret.dropping(at: now), "dropped a serving CA that has ended")
        }
        return true
    }

    private func write(_ patch: JSONPatch, _ done: Logger.Message, _ metadata: Logger.Metadata = [:]) async {
        do {
            _ = try await client.patch(
                .secrets, namespace: namespace, name: ServingAuthorities.description.secret, .json,
                patch.serialized())
            logger.notice(done, metadata: metadata)
        } catch {
            // 422: somebody else wrote; the watch brings what, and it is decided anew.
            guard error.code != 422, !Task.isCancelled else { return }
            logger.warning("cannot write the serving CA's Secret", failure: error)
        }
    }
}
