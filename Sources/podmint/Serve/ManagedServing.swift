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
        var authorities: ServingAuthorities
        var shown: ServingCertificate
    }

    let identity: TLSIdentity
    let anchors: [Certificate]
    private let hosts: [String]
    private let client: APIClient
    private let namespace: String
    private let clock: WaitingClock
    private let calendar: @Sendable () -> Int64
    private let state: Mutex<State>

    /// How late a renewal may be.
    private static let interval = Duration.seconds(60)

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
        state = Mutex(State(authorities: authorities, shown: shown))
    }

    /// As last seen.
    var authorities: ServingAuthorities { state.withLock { $0.authorities } }

    func keep(
        _ anchors: ServingAnchors, _ logger: Logger, _ show: @escaping @Sendable (TLSIdentity) -> Void
    ) async {
        let informer = Informer<Content>(
            client: client, resource: .secrets,
            scope: .named(ServingAuthorities.description.secret, in: namespace),
            decode: { [calendar] object in
                Result { () throws(AuthorityError) in try ServingAuthorities(object, at: calendar()) }
            },
            onChange: { change in
                switch change {
                case .set(_, .success(let authorities), _): self.follow(authorities, anchors, logger, show)
                case .set(_, .failure(let error), _):
                    logger.error(
                        "the serving CA's Secret cannot be used; what was read before stays",
                        metadata: ["why": "\(error)", "hint": "\(error.hint)"])
                case .removed:
                    logger.error(
                        "the serving CA's Secret was deleted; what was read before stays",
                        metadata: ["hint": "restore it from a backup; a replica that starts makes a new CA"])
                }
            }, onTrouble: logger.following("the serving CA's Secret"))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await informer.run() }
            group.addTask {
                while (try? await self.clock.sleep(Self.interval)) != nil {
                    guard self.state.withLock({ $0.shown.isDue(at: self.calendar()) }) else { continue }
                    self.sign(with: self.authorities, logger, "renewed the serving certificate", show)
                }
            }
        }
    }

    /// First who is to be trusted, then what is shown.
    private func follow(
        _ authorities: ServingAuthorities, _ anchors: ServingAnchors, _ logger: Logger,
        _ show: @Sendable (TLSIdentity) -> Void
    ) {
        let now = calendar()
        let before = state.withLock { state in
            defer { state.authorities = authorities }
            return state.authorities
        }
        anchors.replace(
            authorities.anchors(at: now), shown: [authorities.current.certificate] + authorities.former)
        guard
            before.current.certificate != authorities.current.certificate
                || before.chain(at: now) != authorities.chain(at: now)
        else { return }
        sign(with: authorities, logger, "serving with a certificate of the new CA", show)
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
