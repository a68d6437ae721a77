// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import KubernetesClient
internal import Logging
internal import OpenSSL
internal import Policies
internal import SigningProtocol

/// What `serve` keeps for as long as it signs: every authority it has met, what pods trust, whose keys are whose, who was
/// denied what.
struct IssuanceDesk: Sendable {
    let keys = KeyLedger()
    let denials = RecentDenials()
    let registry: AuthorityRegistry
    let trust: ExtraTrust
    let authorities: PolicyAuthorities

    init(
        client: APIClient, configuration: ServeConfiguration, _ secrets: AuthoritySecret,
        _ policies: PolicyCatalog, _ certificates: UserCertificateWatch, _ expiries: CertificateExpiries
    ) {
        let home = configuration.namespace
        registry = AuthorityRegistry(
            own: secrets,
            users: LiveUserSecrets(client: client) { $0 == home || certificates.mayReadSecrets(in: $0) },
            replicas: LiveReplicaCertificates(client: client, namespace: configuration.namespace),
            keys: keys,
            noteObtained: { authority in
                guard authority.name == Authority.standardName else { return }
                expiries.set(.authority, notAfter: authority.certificate.notAfter)
            })
        trust = ExtraTrust(texts: LiveTrustTexts(client: client))
        authorities = PolicyAuthorities(
            catalog: policies, registry: registry, trust: trust, ownNamespace: configuration.namespace)
    }

    /// The default authority is there before the first pod asks for it. Again and again: podmint may be up before its
    /// namespace, its rights or the API server. Others are obtained when they are wanted.
    func prepareStandard(_ readiness: Readiness, _ logger: Logger) async {
        // Cheap to ask, and somebody is waiting: most often the namespace is about to be created.
        var backoff = Backoff(first: .milliseconds(300), longest: .seconds(3))
        var random = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            do throws(Refusal) {
                try await authorities.prepare(authorities.plan(for: .standard, in: ""))
                return readiness.meet(.authority)
            } catch {
                logger.warning(
                    "no default authority yet",
                    metadata: ["reason": "\(error.message)", "hint": "\(error.hint)"])
                // One that a person described wrongly holds up its own pods, not those of other policies.
                guard error.status != 403 else { return readiness.meet(.authority) }
                readiness.miss(.authority, error.message)
                try? await Task.sleep(for: backoff.next(&random))
            }
        }
    }

}
