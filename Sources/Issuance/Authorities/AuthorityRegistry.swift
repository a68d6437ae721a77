// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import Policies

/// Every authority that podmint signs with, obtained when it is first wanted and looked at again while it is
/// used: a Secret that changed is noticed, and one that vanished, without holding up who already works.
///
/// Policies are tenants', and whoever asks for a bundle makes an authority be held. So what is held is
/// bounded (by number, by namespace, by the locked memory that keys take), and let go when its policy is gone
/// or nobody asks for it: what is still wanted is obtained again. Those that namespaces share are the
/// admin's: neither do they count nor do they go for tenants' sake. Never on the path of admission.
package actor AuthorityRegistry {
    /// How old the knowledge of an authority may be when it signs.
    static let freshness: Int64 = 30
    /// How long a failure is remembered: many pods wait for one answer.
    static let failureMemory: Int64 = 5
    /// What nobody asked for in so long is let go.
    static let idle: Int64 = 600
    /// Of all namespaces' policies, some 15 kB each; what nobody used for longest goes first.
    static let most = 2000
    /// CAs in memory cannot go, so they leave half the places to those that can: nobody waits for good.
    static let mostInMemory = most / 2
    /// Of one namespace's policies, so that it is its own authorities that go first.
    static let mostOfOneNamespace = 100
    /// Each reads a Secret and parses a key.
    static let mostLooks = 16

    private struct Entry {
        let plan: AuthorityPlan
        /// Of those plans that are for this CA.
        var names: Set<String> = []
        var authority: Authority?
        var failure: AuthorityError?
        /// When it ends, seconds since the epoch; also of one that has ended.
        var end: Int64?
        var reservedKey: [UInt8]?
        /// Seconds since the epoch.
        var lookedAt: Int64 = .min / 2
        var usedAt: Int64
        var look: Task<Void, Never>?

        var isTenants: Bool { plan.namespace != nil }
        /// A CA in memory exists nowhere else.
        var mayGo: Bool { look == nil && !plan.isPerReplica }
    }

    private let own: AuthoritySecret
    private let user: UserAuthority
    private let replicas: ReplicaAuthority
    private let keys: KeyLedger
    private let room: KeyRoom
    private let most: (inAll: Int, inMemory: Int)
    private let isPlanned: @Sendable (String) -> Bool
    private let clock: IssuanceClock
    private let noteEnds: @Sendable (AuthorityEnds) -> Void
    private let looks = ReviewGate(running: mostLooks, waiting: most)
    private var entries: [String: Entry] = [:]
    private var sweptAt: Int64 = .min / 2

    /// `isPlanned` says whether the policy or ClusterAuthority is there that an authority of that name is
    /// for.
    package init(
        own: AuthoritySecret, users: any UserSecrets, replicas: any ReplicaCertificates,
        replica: String? = nil, keys: KeyLedger, room: KeyRoom = .secureHeap,
        most: (inAll: Int, inMemory: Int) = (most, mostInMemory),
        isPlanned: @escaping @Sendable (String) -> Bool = { _ in true }, clock: IssuanceClock = .system,
        noteEnds: @escaping @Sendable (AuthorityEnds) -> Void = { _ in }
    ) {
        self.own = own
        self.keys = keys
        self.room = room
        self.most = most
        self.isPlanned = isPlanned
        self.clock = clock
        self.noteEnds = noteEnds
        user = UserAuthority(secrets: users, clock: clock)
        self.replicas = ReplicaAuthority(
            store: replicas, replica: replica ?? Digest.hex(RandomBytes.make(6)), clock: clock)
    }

    /// What signs by that plan. Of many that ask at once, one looks and all get its answer.
    package func authority(for plan: AuthorityPlan) async throws(AuthorityError) -> Authority {
        let (now, place) = (clock.now(), plan.place)
        sweep(at: now)
        if entries[place]?.plan.isSame(as: plan) != true { try start(plan, at: now) }
        entries[place]?.usedAt = now
        entries[place]?.names.insert(plan.name)
        if let entry = entries[place] {
            let age = now - entry.lookedAt
            if entry.look == nil, age >= (entry.failure == nil ? Self.freshness : Self.failureMemory) {
                look(plan)
            }
            if let look = entries[place]?.look { await look.value }
        }
        guard let entry = entries[place], entry.plan.isSame(as: plan) else {
            throw .unreachable(secret: plan.name, ClusterSilence("it was let go, or the policy changed"))
        }
        if let authority = entry.authority { return authority.named(plan.name) }
        throw entry.failure ?? .unreachable(secret: plan.name, ClusterSilence("nothing is known yet"))
    }

    private func start(_ plan: AuthorityPlan, at now: Int64) throws(AuthorityError) {
        // A CA in memory has successors (of another life, say); everything else is found again.
        let former = entries[plan.place].flatMap {
            $0.plan.isPerReplica && plan.isPerReplica && $0.plan.namespaceUID == plan.namespaceUID
                ? $0.authority : nil
        }
        drop(plan.place)
        try makeRoom(for: plan)
        entries[plan.place] = Entry(plan: plan, authority: former, usedAt: now)
    }

    private func look(_ plan: AuthorityPlan) {
        let looks = looks
        entries[plan.place]?.look = Task {
            let isDone: Void? = await looks.pass { await self.lookNow(plan) }
            if isDone == nil { note(.failure(.noRoom(authority: plan.name)), of: plan) }
        }
    }

    private func lookNow(_ plan: AuthorityPlan) async {
        let former = entries[plan.place]?.authority
        let found: Result<Authority, AuthorityError>
        do throws(AuthorityError) { found = .success(try await obtain(plan, former)) } catch {
            found = .failure(error)
        }
        note(found, of: plan)
    }

    private func obtain(_ plan: AuthorityPlan, _ former: Authority?) async throws(AuthorityError) -> Authority
    {
        // Until its turn came, others may have taken the room.
        try leaveRoom(for: plan)
        switch plan.source {
        case .own(let description) where description.keyStorage == .memory:
            return try await replicas.obtain(description, own: former)
        case .own(let description):
            return try await own.obtain(description, of: plan.mark, former: former)
        case .secret(let namespace, let secret):
            return try await user.obtain(plan.name, secret: secret, in: namespace, former: former)
        }
    }

    private func note(_ found: Result<Authority, AuthorityError>, of plan: AuthorityPlan) {
        guard var entry = entries[plan.place], entry.plan.isSame(as: plan) else { return }
        entry.look = nil
        entry.lookedAt = clock.now()
        switch found {
        case .success(let authority):
            let key = authority.certificate.publicKeyInfoSHA256
            keys.reserve(key)
            if let former = entry.reservedKey, former != key { release(former, except: plan.place) }
            entry.reservedKey = key
            entry.end = authority.end
            entry.authority = authority
            entry.failure = nil
        case .failure(let error):
            entry.failure = error
            if case .expired(_, let end) = error { entry.end = end }
            // Silence takes nothing away; a Secret that was looked at and is no authority any more does.
            if !error.sparesFormer { entry.authority = nil }
        }
        entries[plan.place] = entry
        tellEnds()
    }
}

// What is let go, and when.
extension AuthorityRegistry {
    /// What nobody plans any more, and what nobody asks for.
    private func sweep(at now: Int64) {
        guard now - sweptAt >= Self.freshness || now < sweptAt else { return }
        sweptAt = now
        for (place, entry) in entries where entry.look == nil {
            let names = entry.names.filter(isPlanned)
            entries[place]?.names = names
            if names.isEmpty || (entry.mayGo && now - entry.usedAt > Self.idle) { drop(place) }
        }
        tellEnds()
    }

    private func makeRoom(for plan: AuthorityPlan) throws(AuthorityError) {
        if let namespace = plan.namespace {
            let neighbour = try neighbourToGo(of: namespace)
            // Asked before that one goes: it is never a CA in memory, so it would go in vain.
            if plan.isPerReplica, isMemoryFull { throw .tooMany(namespace: nil) }
            if let neighbour { drop(neighbour) }
            try makeRoomAmongTenants(for: plan)
        }
        try leaveRoom(for: plan)
    }

    /// Nil while the namespace may have one more.
    private func neighbourToGo(of namespace: String) throws(AuthorityError) -> String? {
        let neighbours = entries.filter { $0.value.plan.namespace == namespace }
        guard neighbours.count >= Self.mostOfOneNamespace else { return nil }
        guard let place = Self.leastUsed(of: neighbours) else { throw .tooMany(namespace: namespace) }
        return place
    }

    private var isMemoryFull: Bool {
        entries.values.count { $0.isTenants && $0.plan.isPerReplica } >= most.inMemory
    }

    private func makeRoomAmongTenants(for plan: AuthorityPlan) throws(AuthorityError) {
        let tenants = entries.filter(\.value.isTenants)
        guard tenants.count >= most.inAll else { return }
        guard let place = Self.leastUsed(of: tenants) else { throw .noRoom(authority: plan.name) }
        drop(place)
    }

    /// Whoever is still using what goes keeps it until the answer is written.
    private func leaveRoom(for plan: AuthorityPlan) throws(AuthorityError) {
        while room.isTaken() {
            let others = entries.filter { $0.key != plan.place && $0.value.authority != nil }
            guard let place = Self.leastUsed(of: others) else { throw .noRoom(authority: plan.name) }
            drop(place)
        }
    }

    /// Nil also where only such are left as namespaces share.
    private static func leastUsed(of entries: [String: Entry]) -> String? {
        entries.filter { $0.value.isTenants && $0.value.mayGo }.min { $0.value.usedAt < $1.value.usedAt }?.key
    }

    private func drop(_ place: String) {
        guard let entry = entries.removeValue(forKey: place), let key = entry.reservedKey else { return }
        release(key, except: place)
    }

    private func release(_ key: [UInt8], except place: String) {
        guard !entries.contains(where: { $0.key != place && $0.value.reservedKey == key }) else { return }
        keys.release(key)
    }

    /// CAs in memory are replaced by themselves, so nobody need know when they end.
    private func tellEnds() {
        var ends = AuthorityEnds()
        for entry in entries.values where !entry.plan.isPerReplica {
            guard let end = entry.end else { continue }
            if entry.names.contains(Authority.standardName) {
                ends.standard = end
            } else {
                ends.firstOfOthers = min(ends.firstOfOthers ?? .max, end)
            }
        }
        noteEnds(ends)
    }
}

/// When the authorities end that are held and that somebody must replace, in seconds since the epoch.
package struct AuthorityEnds: Equatable, Sendable {
    package var standard: Int64?
    package var firstOfOthers: Int64?
}

/// Whether the locked memory has given authorities' keys as much as they may have.
package struct KeyRoom: Sendable {
    let isTaken: @Sendable () -> Bool

    package init(isTaken: @escaping @Sendable () -> Bool) { self.isTaken = isTaken }

    package static let secureHeap = KeyRoom {
        SecureHeap.used > ProcessHardening.heapSize - ProcessHardening.reserve
    }
}
