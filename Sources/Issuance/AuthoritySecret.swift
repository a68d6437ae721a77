// SPDX-License-Identifier: Apache-2.0
package import OpenSSL
internal import Policies

/// Where authorities are kept: Secrets of podmint's own namespace.
package protocol AuthorityStore: Sendable {
    /// Nil where there is no such Secret.
    func find(secret: String) async throws(AuthorityError) -> StoredAuthority?
    /// False when another replica was first (409 AlreadyExists). Never replaces anything.
    func create(secret: String, _ authority: borrowing StoredAuthority) async throws(AuthorityError) -> Bool
    /// Writes on the Secret which namespace it is of.
    func mark(secret: String, namespaceUID: String) async throws(AuthorityError)
}

/// What such a Secret holds.
package struct StoredAuthority: ~Copyable, Sendable {
    /// The label that podmint puts on what it makes, with the authority's name; nil where it is missing.
    package let owner: String?
    package let certificatePEM: [UInt8]
    /// Empty where the key is wrapped.
    package let keyPEM: SecretBytes
    /// Empty where the key is in the clear.
    package let wrappedKey: [UInt8]
    /// Of the namespace whose policy it signs for; nil for a shared authority, and where no podmint has written it yet.
    package let namespaceUID: String?

    package init(
        owner: String?, certificatePEM: [UInt8], keyPEM: consuming SecretBytes, wrappedKey: [UInt8] = [],
        namespaceUID: String? = nil
    ) {
        self.namespaceUID = namespaceUID
        self.owner = owner
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
        self.wrappedKey = wrappedKey
    }
}

/// The namespace whose policy an authority is of. Its name may come back as another's; its UID does not.
package struct NamespaceMark: Hashable, Sendable {
    package let name: String
    package let uid: String

    package init(name: String, uid: String) {
        self.name = name
        self.uid = uid
    }
}

/// The authority's Secret: found, or made by whichever replica is first. What is there is used or refused, never
/// overwritten: a key that pods trust must not get lost to a misread.
package struct AuthoritySecret: Sendable {
    package static let label = "podmint.dev/authority"
    /// The UID of the namespace whose policy it signs for. A policy that is deleted and made again keeps its CA; a namespace
    /// of the same name that is another's now does not get it.
    package static let namespaceAnnotation = "podmint.dev/namespace-uid"

    private let store: any AuthorityStore
    /// For `keyStorage: Wrapped`; without one such authorities cannot be had.
    private let keyEncryptionKey: KeyEncryptionKey?
    private let clock: IssuanceClock

    package init(
        store: any AuthorityStore, keyEncryptionKey: KeyEncryptionKey? = nil, clock: IssuanceClock = .system
    ) {
        self.store = store
        self.keyEncryptionKey = keyEncryptionKey
        self.clock = clock
    }

    package static func name(of authority: String) -> String { "podmint-ca-\(authority)" }

    /// `former` is what an earlier call returned: it comes back where nothing has changed, with its signing context ready.
    package func obtain(
        _ description: AuthorityDescription = .standard, of namespace: NamespaceMark? = nil,
        former: Authority? = nil
    ) async throws(AuthorityError) -> Authority {
        let secret = description.secret
        // Twice is enough: found, or made, or made by another replica in between and then found.
        for _ in 0..<3 {
            if let found = try await store.find(secret: secret) {
                let isMarked = found.namespaceUID != nil
                let authority = try Self.read(
                    found, description, keyEncryptionKey, of: namespace, former: former, at: clock.now())
                // One of before there were marks. Where it cannot be written it is tried again at the next look.
                if let namespace, !isMarked {
                    try? await store.mark(secret: secret, namespaceUID: namespace.uid)
                }
                return authority
            }
            if let made = try await make(description, of: namespace) { return made }
        }
        throw .unreachable(
            secret: secret, ClusterSilence("it appears and vanishes again; does something delete it?"))
    }

    /// Nil when another replica was first.
    private func make(
        _ description: AuthorityDescription, of namespace: NamespaceMark?
    ) async throws(AuthorityError) -> Authority? {
        let (name, secret) = (description.name, description.secret)
        let kek = try Self.wrapping(description, with: keyEncryptionKey)
        let made: (certificate: Certificate, key: PrivateKey)
        let authority: Authority
        let wrapped: [UInt8]
        do {
            made = try Authority.make(description, at: clock.now())
            authority = try Authority(name: name, certificate: made.certificate, key: made.key)
            wrapped = try kek.map { kek throws(OpenSSLError) in try kek.wrap(made.key) } ?? []
        } catch { throw .openSSL(error) }
        let stored = StoredAuthority(
            owner: description.label, certificatePEM: Array(made.certificate.pem.utf8),
            keyPEM: kek == nil ? made.key.pem() : SecretBytes(copying: RawSpan()), wrappedKey: wrapped,
            namespaceUID: namespace?.uid)
        return try await store.create(secret: secret, stored) ? authority : nil
    }

    static func read(
        _ stored: borrowing StoredAuthority, _ description: AuthorityDescription,
        _ keyEncryptionKey: KeyEncryptionKey? = nil, of namespace: NamespaceMark? = nil,
        former: Authority? = nil, at now: Int64
    ) throws(AuthorityError) -> Authority {
        let (name, secret) = (description.name, description.secret)
        guard stored.owner == description.label else { throw .foreign(secret: secret) }
        if let namespace, let marked = stored.namespaceUID, marked != namespace.uid {
            throw .otherNamespace(secret: secret, namespace: namespace.name)
        }
        let certificates: [Certificate]
        do { certificates = try PEM.certificates(in: stored.certificatePEM, limits: .chain) } catch {
            throw .corrupt(secret: secret, "\(Authority.certificateEntry): \(error)")
        }
        guard let certificate = certificates.first, certificates.count == 1 else {
            throw .corrupt(
                secret: secret,
                "\(Authority.certificateEntry) holds \(certificates.count) certificates, not 1")
        }
        let key = try key(in: stored, description, keyEncryptionKey)
        guard certificate.notAfter > now else {
            throw .expired(secret: secret, at: certificate.notAfter)
        }
        if let former, former.certificate == certificate, key.matches(certificate) { return former }
        do { return try Authority(name: name, certificate: certificate, key: key) } catch {
            if error.isOutOfMemory { throw .noRoom(authority: name) }
            throw .corrupt(secret: secret, error.reasons.joined(separator: "; "))
        }
    }

    private static func key(
        in stored: borrowing StoredAuthority, _ description: AuthorityDescription,
        _ keyEncryptionKey: KeyEncryptionKey?
    ) throws(AuthorityError) -> PrivateKey {
        let secret = description.secret
        guard let kek = try wrapping(description, with: keyEncryptionKey) else {
            guard stored.wrappedKey.isEmpty else { throw .otherStorage(secret: secret, isWrapped: true) }
            do { return try PrivateKey(pem: stored.keyPEM) } catch {
                if error.isOutOfMemory { throw .noRoom(authority: description.name) }
                throw .corrupt(secret: secret, "\(Authority.keyEntry): \(error)")
            }
        }
        guard stored.keyPEM.isEmpty else { throw .otherStorage(secret: secret, isWrapped: false) }
        do { return try kek.unwrap(stored.wrappedKey) } catch {
            if error == .wrongKEK { throw .wrongKEK(secret: secret) }
            if error.isOutOfMemory { throw .noRoom(authority: description.name) }
            throw .corrupt(secret: secret, "\(Authority.wrappedKeyEntry): \(error)")
        }
    }

    /// Nil where the key is kept in the clear.
    private static func wrapping(
        _ description: AuthorityDescription, with keyEncryptionKey: KeyEncryptionKey?
    ) throws(AuthorityError) -> KeyEncryptionKey? {
        guard description.keyStorage == .wrapped else { return nil }
        guard let keyEncryptionKey else { throw .noKEK(authority: description.name) }
        return keyEncryptionKey
    }
}
