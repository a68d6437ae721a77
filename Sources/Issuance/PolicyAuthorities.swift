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
    private let clock: IssuanceClock

    package init(
        catalog: PolicyCatalog, registry: AuthorityRegistry, trust: ExtraTrust, ownNamespace: String,
        clock: IssuanceClock = .system
    ) {
        self.catalog = catalog
        self.registry = registry
        self.trust = trust
        self.ownNamespace = ownNamespace
        self.clock = clock
    }

    package func plan(for policy: PolicyName, in namespace: String) throws(Refusal) -> IssuancePlan {
        try IssuancePlan(for: policy, in: namespace, catalog: catalog, ownNamespace: ownNamespace)
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

extension AuthorityError {
    /// One line.
    var summary: String {
        guard case .faulty(_, let report) = self, let fault = report.errors.first else { return description }
        return "\(fault.object), \(fault.lastingText)"
    }
}
