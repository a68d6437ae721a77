// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
package import Policies
package import SigningProtocol
internal import Validation

/// From a policy's name to who signs for it and what its pods trust. Policies come from the catalogue, which follows the
/// cluster by watches and is seconds old at most; the CA itself was looked at within the last half minute.
package struct PolicyAuthorities: Sendable {
    private let catalog: PolicyCatalog
    private let registry: AuthorityRegistry
    private let trust: ExtraTrust
    private let ownNamespace: String
    private let namespaceUID: @Sendable (String) -> String?
    private let clock: IssuanceClock

    /// `namespaceUID` is by name, from a cache; nil while that namespace has not been heard of.
    package init(
        catalog: PolicyCatalog, registry: AuthorityRegistry, trust: ExtraTrust, ownNamespace: String,
        namespaceUID: @escaping @Sendable (String) -> String?, clock: IssuanceClock = .system
    ) {
        self.namespaceUID = namespaceUID
        self.catalog = catalog
        self.registry = registry
        self.trust = trust
        self.ownNamespace = ownNamespace
        self.clock = clock
    }

    package func plan(for policy: PolicyName, in namespace: String) throws(Refusal) -> IssuancePlan {
        var plan = try IssuancePlan(
            for: policy, in: namespace, catalog: catalog, ownNamespace: ownNamespace)
        guard plan.isOwnAuthority else { return plan }
        guard let uid = namespaceUID(namespace) else {
            throw .apiUnavailable("question about namespace \"\(namespace)\"")
        }
        plan.authority.namespaceUID = uid
        return plan
    }

    /// Has its authority, so that it is there when a pod asks.
    package func prepare(_ plan: IssuancePlan) async throws(Refusal) {
        _ = try await knownAuthority(for: plan)
    }

    /// Refuses one that cannot sign now.
    func authority(for plan: IssuancePlan) async throws(Refusal) -> Authority {
        let authority = try await knownAuthority(for: plan)
        let wait = authority.signsFrom - clock.now()
        guard wait <= 0 else {
            throw .later(
                .authorityPending,
                "authority \"\(authority.name)\" is new, and is made known to all pods before it signs",
                hint: "its key lives in memory (keyStorage: Memory); it is tried again by itself",
                after: Int(min(wait, 30)))
        }
        return authority
    }

    func bundle(of authority: Authority, for plan: IssuancePlan) async -> [Certificate] {
        guard let source = plan.trust else { return authority.bundle }
        let (extra, _) = await trust.certificates(of: source, in: plan.namespace)
        return authority.bundle + extra.filter { !authority.bundle.contains($0) }
    }

    /// What pods of that policy trust; for anyone who asks.
    func bundle(for policy: PolicyName, in namespace: String) async throws(Refusal) -> [Certificate] {
        let plan = try plan(for: policy, in: namespace)
        return await bundle(of: try await knownAuthority(for: plan), for: plan)
    }

    private func knownAuthority(for plan: IssuancePlan) async throws(Refusal) -> Authority {
        do { return try await registry.authority(for: plan.authority) } catch {
            if case .unreachable = error {
                throw .apiUnavailable("question about authority \"\(plan.authority.name)\"")
            }
            if case .notAnAuthority = error {
                throw .forbidden(.policyUnusable, error.description, hint: error.hint)
            }
            throw Refusal(
                .authorityUnusable, status: 503, "authority \"\(plan.authority.name)\": \(error.summary)",
                hint: error.hint, retryAfter: 30)
        }
    }
}

extension PolicyCatalog {
    /// Whether the policy or ClusterAuthority is there that an authority of that name is for.
    package func hasOwner(ofAuthority name: String) -> Bool {
        guard isSynced, name != Authority.standardName else { return true }
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        if parts.count == 2, let policy = PolicyName(parsing: parts[1]) {
            if case .missing = self.policy(named: policy, in: parts[0]) { return false }
            return true
        }
        if case .missing = clusterAuthority(named: name) { return false }
        return true
    }
}

extension AuthorityError {
    /// One line.
    var summary: String {
        guard case .faulty(_, let report) = self, let fault = report.errors.first else { return description }
        return "\(fault.object), \(fault.lastingText)"
    }
}
