// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import JSON
internal import KubernetesClient
internal import Logging
internal import OpenSSL
internal import Synchronization

/// Serves with leaves of podmint's own CA. Follows its Secret, so that every replica changes its leaf as soon as the
/// leader has changed the CA, and renews its leaf long before that ends.
final class ManagedServing: ServingSource {
    typealias Content = Result<ServingAuthorities, AuthorityError>

    private struct State {
        /// As last read.
        var authorities: ServingAuthorities
        /// What leaves are made with: those, or what came before while nobody can trust those.
        var signing: ServingAuthorities
        var shown: ServingCertificate
        var isSecretGone = false

        var isHeld: Bool { signing.current.certificate != authorities.current.certificate }
    }

    let identity: TLSIdentity
    let anchors: [Certificate]
    private let hosts: [String]
    private let client: APIClient
    private let namespace: String
    private let clock: WaitingClock
    private let calendar: @Sendable () -> Int64
    private let state: Mutex<State>
    private let source = Mutex<Informer<Content>?>(nil)

    /// How late a renewal may be, and a CA that was waited for: both are a look at what is in memory.
    private static let interval = Duration.seconds(5)

    init(
        _ authorities: ServingAuthorities, hosts: [String], client: APIClient, namespace: String,
        clock: WaitingClock = .system, calendar: @escaping @Sendable () -> Int64 = { SystemTime.now }
    ) throws(OpenSSLError) {
        let shown = try ServingCertificate.sign(with: authorities, hosts: hosts, now: calendar())
        identity = shown.identity
        anchors = authorities.anchors(at: calendar())
        self.hosts = hosts
        self.client = client
        self.namespace = namespace
        self.clock = clock
        self.calendar = calendar
        state = Mutex(State(authorities: authorities, signing: authorities, shown: shown))
    }

    /// As last seen.
    var authorities: ServingAuthorities { state.withLock { $0.authorities } }
    /// Whether somebody deleted the Secret: who leads writes it anew.
    var isSecretGone: Bool { state.withLock { $0.isSecretGone } }

    func keep(
        _ anchors: ServingAnchors, _ logger: Logger, isAdmitted: @escaping @Sendable (Certificate) -> Bool,
        _ show: @escaping @Sendable (TLSIdentity) -> Void
    ) async {
        let informer = Informer<Content>(
            client: client, resource: .secrets,
            scope: .named(ServingAuthorities.description.secret, in: namespace),
            decode: { [calendar] object in
                Result { () throws(AuthorityError) in try ServingAuthorities(object, at: calendar()) }
            },
            onChange: { change in
                self.state.withLock { $0.isSecretGone = false }
                switch change {
                case .set(_, .success(let authorities), _): self.follow(authorities, anchors, logger, show)
                case .set(_, .failure(let error), _):
                    logger.error(
                        "the serving CA's Secret cannot be used; what was read before stays",
                        metadata: ["why": "\(error)", "hint": "\(error.hint)"])
                case .removed: self.noteGone(logger)
                }
            }, onTrouble: logger.following("the serving CA's Secret"))
        source.withLock { $0 = informer }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await informer.run() }
            group.addTask {
                // Deleted between its first reading and this.
                guard (try? await informer.waitForSync()) != nil, informer.count == 0 else { return }
                self.noteGone(logger)
            }
            group.addTask {
                while (try? await self.clock.sleep(Self.interval)) != nil {
                    self.turnIfAdmitted(isAdmitted, anchors, logger, show)
                    guard
                        let due = self.state.withLock({
                            $0.shown.isDue(at: self.calendar()) ? $0.signing : nil
                        })
                    else { continue }
                    self.sign(with: due, logger, "renewed the serving certificate", show)
                }
            }
        }
    }

    /// Of what follows the Secret; nothing before `keep`.
    var health: InformerHealth? { source.withLock { $0 }?.health }

    private func noteGone(_ logger: Logger) {
        state.withLock { $0.isSecretGone = true }
        logger.error(
            "the serving CA's Secret was deleted; what was read before stays",
            metadata: [
                "hint":
                    "the replica that leads writes it anew; to be rid of that CA, stop all servers first"
            ])
    }

    /// First who is to be trusted, then what is shown. A CA that was not made known beforehand, as one is that replaced a
    /// deleted Secret, is shown when API servers can trust it.
    private func follow(
        _ authorities: ServingAuthorities, _ anchors: ServingAnchors, _ logger: Logger,
        _ show: @Sendable (TLSIdentity) -> Void
    ) {
        let now = calendar()
        let (before, isHeld) = state.withLock { state in
            let before = state.signing
            state.authorities = authorities
            let isKnown =
                before.anchors(at: now).contains(authorities.current.certificate)
                || authorities.former.contains(before.current.certificate)
            if isKnown { state.signing = authorities }
            return (before, !isKnown)
        }
        guard !isHeld else {
            let known = [before.current.certificate] + before.former
            anchors.replace(
                [before.current.certificate] + authorities.anchors(at: now), shown: known)
            return logger.warning(
                "another serving CA than the one that serves; it is shown once the webhooks trust it",
                metadata: ["issuer": "\(authorities.current.certificate.subject)"])
        }
        anchors.replace(
            authorities.anchors(at: now), shown: [authorities.current.certificate] + authorities.former)
        guard
            before.current.certificate != authorities.current.certificate
                || before.chain(at: now) != authorities.chain(at: now)
        else { return }
        sign(with: authorities, logger, "serving with a certificate of the new CA", show)
    }

    private func turnIfAdmitted(
        _ isAdmitted: (Certificate) -> Bool, _ anchors: ServingAnchors, _ logger: Logger,
        _ show: @Sendable (TLSIdentity) -> Void
    ) {
        guard let held = state.withLock({ $0.isHeld ? $0.authorities : nil }),
            isAdmitted(held.current.certificate)
        else { return }
        let former = state.withLock { state in
            defer { state.signing = held }
            return state.signing.current.certificate
        }
        // Replicas that have not seen it yet still show the former, and agents may know only that.
        anchors.replace(
            [former] + held.anchors(at: calendar()), shown: [held.current.certificate] + held.former)
        sign(with: held, logger, "serving with a certificate of the new CA", show)
    }

    private func sign(
        with authorities: ServingAuthorities, _ logger: Logger, _ done: Logger.Message,
        _ show: @Sendable (TLSIdentity) -> Void
    ) {
        do throws(OpenSSLError) {
            let made = try ServingCertificate.sign(with: authorities, hosts: hosts, now: calendar())
            state.withLock { $0.shown = made }
            show(made.identity)
            logger.info(done, metadata: ["issuer": "\(authorities.current.certificate.subject)"])
        } catch { logger.error("cannot sign a serving certificate", metadata: ["why": "\(error)"]) }
    }
}
