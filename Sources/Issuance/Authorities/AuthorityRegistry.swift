// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import Policies

/// Every authority that podmint signs with, obtained when it is first wanted and looked at again while it is used:
/// a Secret that changed is noticed, and one that vanished, without holding up who already works.
///
/// Never on the path of admission.
package actor AuthorityRegistry {
    /// How old the knowledge of an authority may be when it signs.
    static let freshness: Int64 = 30
    /// How long a failure is remembered: many pods wait for one answer.
    static let failureMemory: Int64 = 5
    /// Some 10 kB each; what nobody used for longest goes first.
    static let limit = 2000

    private struct Entry {
        let plan: AuthorityPlan
        var authority: Authority?
        var failure: AuthorityError?
        /// Seconds since the epoch.
        var lookedAt: Int64
        var usedAt: Int64
        var look: Task<Void, Never>?
    }

    private let own: AuthoritySecret
    private let user: UserAuthority
    private let replicas: ReplicaAuthority
    private let keys: KeyLedger
    private let clock: IssuanceClock
    private var entries: [String: Entry] = [:]
    private let noteObtained: @Sendable (Authority) -> Void

    package init(
        own: AuthoritySecret, users: any UserSecrets, replicas: any ReplicaCertificates,
        replica: String? = nil,
        keys: KeyLedger, clock: IssuanceClock = .system,
        noteObtained: @escaping @Sendable (Authority) -> Void = { _ in }
    ) {
        self.noteObtained = noteObtained
        self.own = own
        self.keys = keys
        self.clock = clock
        user = UserAuthority(secrets: users, clock: clock)
        self.replicas = ReplicaAuthority(
            store: replicas, replica: replica ?? Digest.hex(RandomBytes.make(6)), clock: clock)
    }

    /// What signs by that plan. Of many that ask at once, one looks and all get its answer.
    package func authority(for plan: AuthorityPlan) async throws(AuthorityError) -> Authority {
        let now = clock.now()
        if entries[plan.name]?.plan != plan { start(plan, at: now) }
        entries[plan.name]?.usedAt = now
        if let entry = entries[plan.name] {
            let age = now - entry.lookedAt
            if entry.look == nil, age >= (entry.failure == nil ? Self.freshness : Self.failureMemory) {
                look(plan)
            }
            if let look = entries[plan.name]?.look { await look.value }
        }
        guard let entry = entries[plan.name], entry.plan == plan else {
            throw .unreachable(secret: plan.name, ClusterSilence("the policy changed in between"))
        }
        if let authority = entry.authority { return authority }
        throw entry.failure ?? .unreachable(secret: plan.name, ClusterSilence("nothing is known yet"))
    }

    private func start(_ plan: AuthorityPlan, at now: Int64) {
        // A CA in memory has successors (of another life, say); everything else is found again.
        let former = entries[plan.name].flatMap {
            $0.plan.isPerReplica && plan.isPerReplica ? $0.authority : nil
        }
        entries[plan.name] = Entry(plan: plan, authority: former, lookedAt: .min / 2, usedAt: now)
        guard entries.count > Self.limit,
            let oldest = entries.filter({ !$0.value.plan.isPerReplica }).min(by: {
                $0.value.usedAt < $1.value.usedAt
            })
        else { return }
        entries[oldest.key] = nil
    }

    private func look(_ plan: AuthorityPlan) {
        entries[plan.name]?.look = Task {
            let former = entries[plan.name]?.authority
            let found: Result<Authority, AuthorityError>
            do throws(AuthorityError) { found = .success(try await obtain(plan, former)) } catch {
                found = .failure(error)
            }
            note(found, of: plan)
        }
    }

    private func obtain(_ plan: AuthorityPlan, _ former: Authority?) async throws(AuthorityError) -> Authority
    {
        switch plan.source {
        case .own(let description) where description.keyStorage == .memory:
            return try await replicas.obtain(description, own: former)
        case .own(let description):
            let found = try await own.obtain(description)
            // The very object is kept: it has its signing context ready.
            return former.flatMap { $0.certificate == found.certificate ? $0 : nil } ?? found
        case .secret(let namespace, let secret):
            let found = try await user.obtain(plan.name, secret: secret, in: namespace)
            let isSame =
                former.map {
                    $0.certificate == found.certificate && $0.bundle == found.bundle
                        && $0.intermediates == found.intermediates
                } ?? false
            return isSame ? former ?? found : found
        }
    }

    private func note(_ found: Result<Authority, AuthorityError>, of plan: AuthorityPlan) {
        guard var entry = entries[plan.name], entry.plan == plan else { return }
        entry.look = nil
        entry.lookedAt = clock.now()
        switch found {
        case .success(let authority):
            keys.reserve(authority.certificate.publicKeyInfoSHA256)
            noteObtained(authority)
            entry.authority = authority
            entry.failure = nil
        case .failure(let error):
            entry.failure = error
            // Silence takes nothing away; a Secret that was looked at and is no authority any more does.
            if !error.isTransient { entry.authority = nil }
        }
        entries[plan.name] = entry
    }
}
