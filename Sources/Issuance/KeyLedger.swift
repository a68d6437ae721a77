// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import Synchronization

/// Which key belongs to which pod, and the last certificate each key got: a copied key is refused, and an answer
/// that was lost on its way is given again instead of signed again.
///
/// Bounded; the oldest are forgotten first, and a restart forgets all. What this guards against is a mistake and a
/// convenience for thieves, not the last line: who holds a pod's key and token has the pod.
package final class KeyLedger: Sendable {
    /// 32 B digest, 36 B UID and dictionary overhead come to some 200 B: 6.5 MB.
    static let keyLimit = 32_768
    /// A parsed certificate is about 4 kB: 16 MB.
    static let certificateLimit = 4_096
    /// Long enough for an agent's retries. The shortest life (5 min) is shorter; `recent` looks at what is left of it.
    static let memory: Int64 = 10 * 60

    /// What a certificate was issued by: with any of it changed, it would be another one.
    struct Terms: Hashable {
        let policy: String
        let names: [SubjectAlternativeName]
        let usages: [ExtendedKeyUsage]
        let commonName: String?
        let issuer: Certificate
        let bundle: [Certificate]
    }

    private struct Issued {
        let certificate: IssuedCertificate
        let terms: Terms
        let until: Int64
    }

    private struct State {
        var owners = BoundedMap<[UInt8], String>(limit: keyLimit)
        var issued = BoundedMap<[UInt8], Issued>(limit: certificateLimit)
    }

    private let state = Mutex(State())

    package init() {}

    /// No pod will ever get a certificate for this key (an authority's own).
    package func reserve(_ keyDigest: [UInt8]) {
        state.withLock { $0.owners.pin(keyDigest, "") }
    }

    /// The authority is gone; its key is remembered for a while as pods' keys are.
    func release(_ keyDigest: [UInt8]) {
        state.withLock { $0.owners.unpin(keyDigest) }
    }

    /// How many keys are kept from pods.
    var reserved: Int { state.withLock { $0.owners.pinned } }

    /// False when the key is another pod's.
    func claim(_ keyDigest: [UInt8], for podUID: String) -> Bool {
        state.withLock { state in
            if let owner = state.owners[keyDigest] { return owner == podUID }
            state.owners[keyDigest] = podUID
            return true
        }
    }

    func record(_ certificate: IssuedCertificate, _ terms: Terms, key: [UInt8], at now: Int64) {
        state.withLock { state in
            state.issued[key] = Issued(certificate: certificate, terms: terms, until: now + Self.memory)
        }
    }

    /// The certificate that this key got a moment ago, if it would be the same today and lives on for a while.
    func recent(_ terms: Terms, key: [UInt8], notAfter: Int64, at now: Int64) -> IssuedCertificate? {
        guard let found = state.withLock({ $0.issued[key] }) else { return nil }
        guard found.terms == terms, now < found.until, let leaf = found.certificate.chain.first else {
            return nil
        }
        // A change of the wished life, or a new authority with a later end, is another certificate.
        guard abs(leaf.notAfter - notAfter) <= Self.memory else { return nil }
        guard leaf.notAfter - now > (notAfter - now) / 2 else { return nil }
        return found.certificate
    }
}

/// A dictionary that forgets what was put in first once it is full; what is pinned stays.
struct BoundedMap<Key: Hashable, Value> {
    private var values: [Key: Value] = [:]
    private var kept: [Key: Value] = [:]
    private var order: [Key?]
    private var next = 0

    init(limit: Int) { order = Array(repeating: nil, count: limit) }

    var count: Int { values.count + kept.count }
    var pinned: Int { kept.count }

    subscript(key: Key) -> Value? {
        get { kept[key] ?? values[key] }
        set {
            guard let newValue else { preconditionFailure("a bounded map only forgets by itself") }
            if values.updateValue(newValue, forKey: key) != nil { return }
            if let oldest = order[next] { values[oldest] = nil }
            order[next] = key
            next = (next + 1) % order.count
        }
    }

    /// What is pinned is not counted against the limit: whoever pins also unpins.
    mutating func pin(_ key: Key, _ value: Value) { kept[key] = value }

    /// From now on it is forgotten as everything else is.
    mutating func unpin(_ key: Key) {
        guard let value = kept.removeValue(forKey: key) else { return }
        self[key] = value
    }
}
