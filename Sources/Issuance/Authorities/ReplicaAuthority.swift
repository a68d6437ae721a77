internal import JSON
// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
package import KubernetesClient
internal import OpenSSL
internal import SigningProtocol

/// Where replicas make the certificates of their own CAs known to each other: entries of a ConfigMap.
package protocol ReplicaCertificates: Sendable {
    /// Empty where there is no such ConfigMap.
    func entries(of configMap: String) async throws(AuthorityError) -> [String: String]
    /// nil takes an entry out.
    func write(_ entries: [String: String?], to configMap: String) async throws(AuthorityError)
}

/// `keyStorage: Memory`: the key never leaves this process, so each replica has a CA of its own, made anew at each
/// start. Its certificate is made known first; it signs once every agent has had the time to learn of it. So does a
/// successor: until then its predecessor goes on signing, and stays trusted until it ends.
///
/// Entries are `<replica>.crt` and `<replica>.seen` (when that replica was last alive, in seconds); those of successors
/// are called `<replica>-<serial>`.
struct ReplicaAuthority {
    /// How late others learn of it: what a replica remembers of the ConfigMap (30 s), then an agent's check (60 s, a
    /// fifth more, and its tick of 30 s).
    static let settling: Int64 = 150
    static let heartbeat: Int64 = 3600
    /// After that, the leaves of a replica that is gone are replaced, while it is still trusted.
    static let silence: Int64 = 3 * heartbeat
    static let forgotten: Int64 = 24 * heartbeat
    /// What a bundle may hold less what users add and the own one.
    private static let most = ProtocolLimits.bundleCertificates - ExtraTrust.mostCertificates - 1

    let store: any ReplicaCertificates
    /// Names this process among the replicas; a new one at each start.
    let replica: String
    let clock: IssuanceClock

    /// A CA that this one is not: another replica's, a predecessor, a successor.
    private struct Other {
        let id: String
        let certificate: Certificate
        let seen: Int64
    }

    /// `former` is what an earlier call returned.
    func obtain(_ description: AuthorityDescription, own former: Authority?) async throws(AuthorityError)
        -> Authority
    {
        let now = clock.now()
        var own = former
        if let successor = former?.successor, successor.signsFrom <= now { own = successor }
        var entries = try await store.entries(of: description.secret)
        if let own, own.certificate.notAfter > now {
            var successor = own.successor
            if successor == nil, isSpent(own, description, at: now) {
                successor = try make(description, signsFrom: now + Self.settling, at: now)
            }
            let changes = news(of: [own] + (successor.map { [$0] } ?? []), in: entries, at: now)
            if !changes.isEmpty {
                try await store.write(changes, to: description.secret)
                entries = try await store.entries(of: description.secret)
            }
            return joined(own, entries, signsFrom: own.signsFrom, successor: successor, at: now)
        }
        let made = try make(description, signsFrom: 0, at: now)
        try await store.write(
            ["\(replica).crt": made.certificate.pem, "\(replica).seen": "\(now)"], to: description.secret)
        // Read after writing: of two that start together, at least one sees the other and waits.
        entries = try await store.entries(of: description.secret)
        let isFirst = former == nil && others(in: entries, than: made).isEmpty
        return joined(made, entries, signsFrom: isFirst ? 0 : now + Self.settling, successor: nil, at: now)
    }

    /// It ends soon, or would outlive what the policy says today.
    private func isSpent(_ own: Authority, _ description: AuthorityDescription, at now: Int64) -> Bool {
        let left = own.certificate.notAfter - now
        return left <= description.lifetime / 10 || left > description.lifetime
    }

    private func make(
        _ description: AuthorityDescription, signsFrom: Int64, at now: Int64
    ) throws(AuthorityError) -> Authority {
        do {
            let made = try Authority.make(description, at: now)
            let authority = try Authority(
                name: description.name, certificate: made.certificate, key: made.key)
            return Authority(authority, beside: [], accepted: [], signsFrom: signsFrom)
        } catch { throw .openSSL(error) }
    }

    /// What others must read of this replica and do not yet: a CA of its own that is new or whose entry was taken away,
    /// and once an hour that it lives, with all that it ever signed with. Then what nobody needs any more goes.
    private func news(
        of own: [Authority], in entries: [String: String], at now: Int64
    ) -> [String: String?] {
        let all = self.entries(entries)
        var changes: [String: String?] = [:]
        for authority in own where !all.contains(where: { $0.certificate == authority.certificate }) {
            let isTaken = entries["\(replica).crt"] != nil
            let id = isTaken ? "\(replica)-\(authority.certificate.serialHex)" : replica
            changes["\(id).crt"] = authority.certificate.pem
            changes["\(id).seen"] = "\(now)"
        }
        let seen = entries["\(replica).seen"].flatMap { Int64($0) } ?? 0
        guard now - seen >= Self.heartbeat else { return changes }
        for entry in all {
            let isMine = entry.id == replica || entry.id.hasPrefix("\(replica)-")
            if entry.certificate.notAfter <= now || (!isMine && now - entry.seen > Self.forgotten) {
                changes.updateValue(nil, forKey: "\(entry.id).crt")
                changes.updateValue(nil, forKey: "\(entry.id).seen")
            } else if isMine {
                changes["\(entry.id).seen"] = "\(now)"
            }
        }
        // It says when this was done last.
        changes["\(replica).seen"] = "\(now)"
        return changes
    }

    private func joined(
        _ own: Authority, _ entries: [String: String], signsFrom: Int64, successor: Authority?, at now: Int64
    ) -> Authority {
        let others = others(in: entries, than: own).filter {
            now - $0.seen <= Self.forgotten && $0.certificate.notAfter > now
        }
        return Authority(
            own, beside: others.map(\.certificate),
            accepted: others.filter { now - $0.seen <= Self.silence }.map(\.certificate),
            signsFrom: signsFrom, successor: successor)
    }

    /// The same on every replica: by name.
    private func others(in entries: [String: String], than own: Authority) -> [Other] {
        let found = self.entries(entries).filter { $0.certificate != own.certificate }
        let latest = found.sorted { ($0.seen, $0.id) > ($1.seen, $1.id) }.prefix(Self.most)
        return latest.sorted { $0.id < $1.id }
    }

    /// What is no certificate of a CA is none of a replica's.
    private func entries(_ entries: [String: String]) -> [Other] {
        entries.keys.compactMap { key -> Other? in
            guard key.hasSuffix(".crt"), let pem = entries[key],
                let certificate = try? PEM.certificates(in: Array(pem.utf8), limits: .chain).first,
                certificate.isCA
            else { return nil }
            let id = String(key.dropLast(4))
            return Other(
                id: id, certificate: certificate, seen: entries["\(id).seen"].flatMap { Int64($0) } ?? 0)
        }
    }
}

/// By the API server, in podmint's own namespace.
package struct LiveReplicaCertificates: ReplicaCertificates {
    private let client: APIClient
    private let namespace: String

    package init(client: APIClient, namespace: String) {
        self.client = client
        self.namespace = namespace
    }

    package func entries(of configMap: String) async throws(AuthorityError) -> [String: String] {
        do {
            let found = try await client.find(.configMaps, namespace: namespace, name: configMap)
            var entries: [String: String] = [:]
            for (key, value) in found?["data"]?.object ?? JSONObject() { entries[key] = value.string }
            return entries
        } catch { throw AuthorityError(error, secret: configMap) }
    }

    package func write(_ entries: [String: String?], to configMap: String) async throws(AuthorityError) {
        var data = JSONObject()
        for (key, value) in entries { data[key] = value.map(JSONValue.string) ?? .null }
        let patch: JSONValue = ["data": .object(data)]
        do throws(KubernetesError) {
            do throws(KubernetesError) {
                _ = try await client.patch(
                    .configMaps, namespace: namespace, name: configMap, .merge, patch.serialized())
            } catch {
                guard error.isNotFound else { throw error }
                try await create(configMap, data, patch)
            }
        } catch { throw AuthorityError(error, secret: configMap) }
    }

    private func create(
        _ configMap: String, _ data: JSONObject, _ patch: JSONValue
    ) async throws(KubernetesError) {
        let object: JSONValue = [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(configMap), "namespace": .string(namespace),
                "labels": ["app.kubernetes.io/name": "podmint", "app.kubernetes.io/managed-by": "podmint"],
            ],
            "data": .object(data),
        ]
        do { _ = try await client.create(.configMaps, namespace: namespace, object) } catch {
            guard error.isAlreadyExists else { throw error }
            _ = try await client.patch(
                .configMaps, namespace: namespace, name: configMap, .merge, patch.serialized())
        }
    }
}
