// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import KubernetesAPI
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
        _ policies: PolicyCatalog, _ certificates: UserCertificateWatch, _ namespaces: Informer<Namespace>,
        _ expiries: CertificateExpiries
    ) {
        let home = configuration.namespace
        registry = AuthorityRegistry(
            own: secrets,
            users: LiveUserSecrets(client: client) { $0 == home || certificates.mayReadSecrets(in: $0) },
            replicas: LiveReplicaCertificates(client: client, namespace: configuration.namespace),
            keys: keys, isPlanned: { policies.hasOwner(ofAuthority: $0) }, noteEnds: { expiries.note($0) })
        trust = ExtraTrust(texts: LiveTrustTexts(client: client))
        authorities = PolicyAuthorities(
            catalog: policies, registry: registry, trust: trust, ownNamespace: configuration.namespace,
            namespaceUID: { namespaces.record(for: ObjectKey(name: $0))?.metadata.uid })
    }

    /// For as long as podmint serves. Other authorities are obtained when they are wanted.
    func keepStandard(_ readiness: Readiness, _ logger: Logger) async {
        await StandardAuthorityKeeper(readiness: readiness, logger: logger) { () throws(Refusal) in
            try await authorities.prepare(authorities.plan(for: .standard, in: ""))
        }.run()
    }
}
