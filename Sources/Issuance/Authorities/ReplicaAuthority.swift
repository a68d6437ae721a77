internal import JSON
// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
package import KubernetesClient
internal import OpenSSL

/// Where replicas make the certificates of their own CAs known to each other: entries of a ConfigMap.
package protocol ReplicaCertificates: Sendable {
    /// Empty where there is no such ConfigMap.
    func entries(of configMap: String) async throws(ClusterSilence) -> [String: String]
    /// nil takes an entry out.
    func write(_ entries: [String: String?], to configMap: String) async throws(ClusterSilence)
}

/// `keyStorage: Memory`: the key never leaves this process, so each replica has a CA of its own, made anew at each
/// start. Its certificate is made known first; it signs once every agent has had the time to learn of it.
///
/// Entries are `<replica>.crt` and `<replica>.seen` (when that replica was last alive, in seconds).
struct ReplicaAuthority {
    /// How late others learn of it: what a replica remembers of the ConfigMap (30 s), then an agent's check (60 s, a
    /// fifth more, and its tick of 30 s).
    static let settling: Int64 = 150
    static let heartbeat: Int64 = 3600
    /// After that, the leaves of a replica that is gone are replaced, while it is still trusted.
    static let silence: Int64 = 3 * heartbeat
    static let forgotten: Int64 = 24 * heartbeat
    /// What a bundle may hold less what users add.
    private static let mostReplicas = 100

    let store: any ReplicaCertificates
    /// Names this process among the replicas; a new one at each start.
    let replica: String
    let clock: IssuanceClock

    private struct Other {
        let id: String
        let certificate: Certificate
        let seen: Int64
    }

    /// `own` is what an earlier call returned.
    func obtain(_ description: AuthorityDescription, own: Authority?) async throws(AuthorityError)
        -> Authority
    {
        let now = clock.now()
        let configMap = description.secret
        var entries = try await read(configMap)
        let isKnown = own.map { entries["\(replica).crt"] == $0.certificate.pem } ?? false
        guard let own, isKnown, own.certificate.notAfter - now > description.lifetime / 10 else {
            let made = try make(description, instead: isKnown ? nil : own, at: now)
            try await write(
                ["\(replica).crt": made.certificate.pem, "\(replica).seen": "\(now)"], to: configMap)
            // Read after writing: of two that start together, at least one sees the other and waits.
            entries = try await read(configMap)
            let isFirst = others(in: entries).isEmpty
            return joined(made, entries, signsFrom: isFirst ? 0 : now + Self.settling, at: now)
        }
        let seen = entries["\(replica).seen"].flatMap { Int64($0) } ?? 0
        if now - seen >= Self.heartbeat {
            var changes: [String: String?] = ["\(replica).seen": "\(now)"]
            for other in others(in: entries) where now - other.seen > Self.forgotten {
                changes.updateValue(nil, forKey: "\(other.id).crt")
                changes.updateValue(nil, forKey: "\(other.id).seen")
            }
            try await write(changes, to: configMap)
        }
        return joined(own, entries, signsFrom: own.signsFrom, at: now)
    }

    /// A CA whose entry was taken away is made known again; one that ends is replaced.
    private func make(
        _ description: AuthorityDescription, instead own: Authority?, at now: Int64
    ) throws(AuthorityError) -> Authority {
        if let own { return own }
        do {
            let made = try Authority.make(description, at: now)
            return try Authority(name: description.name, certificate: made.certificate, key: made.key)
        } catch { throw .openSSL(error) }
    }

    private func joined(
        _ own: Authority, _ entries: [String: String], signsFrom: Int64, at now: Int64
    ) -> Authority {
        let others = others(in: entries).filter {
            now - $0.seen <= Self.forgotten && $0.certificate.notAfter > now
        }
        return Authority(
            own, beside: others.map(\.certificate),
            accepted: others.filter { now - $0.seen <= Self.silence }.map(\.certificate), signsFrom: signsFrom
        )
    }

    /// The same on every replica: by name. What is no certificate of a CA is none of a replica's.
    private func others(in entries: [String: String]) -> [Other] {
        let found: [Other] = entries.keys.compactMap { key -> Other? in
            guard key.hasSuffix(".crt"), key != "\(replica).crt", let pem = entries[key],
                let certificate = try? PEM.certificates(in: Array(pem.utf8), limits: .chain).first,
                certificate.isCA
            else { return nil }
            let id = String(key.dropLast(4))
            return Other(
                id: id, certificate: certificate, seen: entries["\(id).seen"].flatMap { Int64($0) } ?? 0)
        }
        let latest = found.sorted { ($0.seen, $0.id) > ($1.seen, $1.id) }.prefix(Self.mostReplicas)
        return latest.sorted { $0.id < $1.id }
    }

    private func read(_ configMap: String) async throws(AuthorityError) -> [String: String] {
        do { return try await store.entries(of: configMap) } catch {
            throw .unreachable(secret: configMap, error)
        }
    }

    private func write(_ entries: [String: String?], to configMap: String) async throws(AuthorityError) {
        do { try await store.write(entries, to: configMap) } catch {
            throw .unreachable(secret: configMap, error)
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

    package func entries(of configMap: String) async throws(ClusterSilence) -> [String: String] {
        do {
            let found = try await client.find(.configMaps, namespace: namespace, name: configMap)
            var entries: [String: String] = [:]
            for (key, value) in found?["data"]?.object ?? JSONObject() { entries[key] = value.string }
            return entries
        } catch { throw ClusterSilence("\(error)") }
    }

    package func write(_ entries: [String: String?], to configMap: String) async throws(ClusterSilence) {
        var data = JSONObject()
        for (key, value) in entries { data[key] = value.map(JSONValue.string) ?? .null }
        let patch: JSONValue = ["data": .object(data)]
        do {
            do {
                _ = try await client.patch(
                    .configMaps, namespace: namespace, name: configMap, .merge, patch.serialized())
            } catch {
                guard error.isNotFound else { throw error }
                try await create(configMap, data, patch)
            }
        } catch { throw ClusterSilence("\(error)") }
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
