// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
internal import OpenSSL
package import Policies
internal import SigningProtocol

/// Whether a leaf is still what podmint would issue to that pod: for agents, which cannot know of Services that came,
/// policies that changed and authorities that were replaced.
///
/// Decides by caches, and grants nothing: a wrong answer costs one renewal, which is decided live. So it asks for no
/// token. Whoever shows another's leaf learns whether it is current, and nothing of what would be.
package struct CurrencyCheck: Sendable {
    /// What changed.
    enum Reason: String { case names, usages, subject, lifetime, authority, bundle }

    private let api: any PodAuthorityAPI
    private let authorities: PolicyAuthorities
    private let cluster: ClusterNames
    private let seen: SeenBundles
    private let pace: CheckPace

    package init(
        api: any PodAuthorityAPI, authorities: PolicyAuthorities, cluster: ClusterNames, seen: SeenBundles,
        pace: CheckPace = CheckPace()
    ) {
        self.api = api
        self.authorities = authorities
        self.cluster = cluster
        self.seen = seen
        self.pace = pace
    }

    /// Nil while it is current, with how long that is good for in seconds.
    func verdict(on request: AgentRequest) async throws(Refusal) -> (Reason?, Int) {
        guard let pause = pace.next() else {
            throw .later(
                .busy, "too many checks just now", hint: "it is tried again by itself",
                after: CheckPace.seconds.lowerBound)
        }
        let (leaf, namespace, pod) = try Self.read(request)
        let policy = try request.policyName()
        do {
            let reason = try await compare(leaf, namespace, pod, policy, request.bundle ?? "")
            return (reason.verdict, reason.isPerReplica ? min(pause, Self.perReplicaPause) : pause)
        } catch {
            // Nothing would be issued now: what is there had better stay.
            if error.status == 403 { return (nil, pause) }
            throw error
        }
    }

    /// `ReplicaAuthority.settling` counts on it.
    private static let perReplicaPause = 60

    private func compare(
        _ leaf: Certificate, _ namespace: String, _ name: String, _ policy: PolicyName, _ bundle: String
    ) async throws(Refusal) -> (verdict: Reason?, isPerReplica: Bool) {
        let plan = try authorities.plan(for: policy, in: namespace)
        let isPerReplica = plan.authority.isPerReplica
        let facts: (pod: Pod?, services: [Service], namespace: Namespace?)
        do {
            facts = (
                try await api.recentPod(named: name, in: namespace), try await api.services(in: namespace),
                try await api.namespace(named: namespace)
            )
        } catch { throw .apiUnavailable("question about pod \(name) in \"\(namespace)\"") }
        guard let pod = facts.pod, let optedIn = facts.namespace, optedIn.optIn != nil,
            !pod.metadata.isBeingDeleted, !AddressWait.isWaiting(for: pod, with: [])
        else { return (nil, isPerReplica) }
        let agent = try InjectedAgent(in: pod, for: policy)
        let decision = LeafDecision(
            plan: plan, pod: pod, wished: agent.wishedNames, services: facts.services, namespace: optedIn,
            cluster: cluster)
        guard decision.denials.isEmpty else { return (nil, isPerReplica) }
        let authority = try await authorities.authority(for: plan)
        if let reason = Self.difference(leaf, decision, authority) { return (reason, isPerReplica) }
        let current = Digest.hex(
            Certificate.digest(ofSet: await authorities.bundle(of: authority, for: plan)))
        guard bundle == current else { return (.bundle, isPerReplica) }
        seen.note(current, of: (namespace, name, pod.metadata.uid), policy)
        return (nil, isPerReplica)
    }

    private static func difference(
        _ leaf: Certificate, _ decision: LeafDecision, _ authority: Authority
    ) -> Reason? {
        if Set(leaf.subjectAlternativeNames) != Set(decision.names.names) { return .names }
        if Set(leaf.extendedKeyUsages ?? []) != Set(decision.usages) { return .usages }
        if leaf.commonName != decision.commonName { return .subject }
        // By its dates alone; it was backdated.
        let life = leaf.notAfter - leaf.notBefore - LeafSigner.backdating
        if life > decision.longestLifetime.seconds + 60 { return .lifetime }
        let isAccepted = authority.accepted.contains { issuer in
            leaf.namesIssuer(issuer) && leaf.authorityKeyIdentifier == issuer.subjectKeyIdentifier
        }
        return isAccepted ? nil : .authority
    }

    private static func read(
        _ request: AgentRequest
    ) throws(Refusal) -> (leaf: Certificate, namespace: String, pod: String) {
        guard request.bodySize <= ProtocolLimits.requestBytes,
            request.contentType == SigningEndpoint.leafContentType,
            let leaf = try? Certificate(der: request.body)
        else {
            throw .badRequest(
                "the body is no certificate",
                hint: "send the leaf in DER, with Content-Type \(SigningEndpoint.leafContentType)")
        }
        let names =
            request.pod?.split(separator: "/", omittingEmptySubsequences: false).map(String.init) ?? []
        guard names.count == 2, DNSRules.isLabel(names[0]), DNSRules.isName(names[1]) else {
            throw .badRequest(
                "\(ProtocolHeader.pod) does not say which pod it is about", hint: "write <namespace>/<name>")
        }
        return (leaf, names[0], names[1])
    }
}
