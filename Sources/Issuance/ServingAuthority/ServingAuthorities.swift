// SPDX-License-Identifier: Apache-2.0
package import JSON
package import KubernetesAPI
package import OpenSSL

/// What Secret `podmint-serving` holds: the CA that podmint's own certificates come from, its predecessors
/// and, while a rotation goes on, its successor. The Secret is all the state that a rotation has, so a new
/// leader goes on from it.
package struct ServingAuthorities: Sendable {
    package static let description = AuthorityDescription.serving
    /// On the Secret, with any value: a person asks for a new CA.
    package static let requestAnnotation = "podmint.dev/rotate"

    enum Entry {
        static let current = Authority.certificateEntry
        static let currentKey = Authority.keyEntry
        /// The current CA's key certified by its predecessor, and that one's by the one before it.
        static let cross = "cross.crt"
        /// Predecessors, oldest first.
        static let former = "former.crt"
        static let next = "next.crt"
        static let nextKey = "next.key"
        static let nextCross = "next-cross.crt"
    }

    /// Predecessors that stay trusted. With the current CA and the next these are the four anchors that a
    /// pod's environment has room for.
    static let keptFormer = 2

    /// A successor that is known everywhere before it signs.
    package struct Next: Sendable {
        package let authority: Authority
        let cross: Certificate
        /// Seconds since the epoch.
        package var madeAt: Int64 { authority.certificate.notBefore + LeafSigner.backdating }
    }

    package enum Successor: Sendable {
        case none
        case waiting(Next)
        /// Its parts do not fit together; it must not be used.
        case unusable(String, parts: [String])
    }

    package let version: String
    package let current: Authority
    package let cross: [Certificate]
    package let former: [Certificate]
    package let successor: Successor
    /// Of the current CA, for who must write the Secret anew.
    private let key: PrivateKey
    package let request: String?

    /// Of the whole Secret. Refuses one whose current CA cannot be used; what else cannot be read counts as
    /// absent.
    package init(_ secret: JSONView, at now: Int64) throws(AuthorityError) {
        current = try AuthoritySecret.read(StoredAuthority(secret), Self.description, at: now)
        version = secret.at("metadata", "resourceVersion")?.string ?? ""
        request = secret.at("metadata", "annotations")?[Self.requestAnnotation]?.string
        let data = secret["data"]
        do { key = try PrivateKey(pem: StoredAuthority.key(data?[Entry.currentKey])) } catch {
            if error.isOutOfMemory { throw .noRoom(authority: Self.description.name) }
            throw .corrupt(secret: Self.description.secret, "\(Entry.currentKey): \(error)")
        }
        cross = Self.certificates(data?[Entry.cross])
        former = Self.certificates(data?[Entry.former])
        successor = try Self.successor(data, of: current)
    }

    /// Whom to trust: all that podmint's replicas may show now, and what they will show next.
    package func anchors(at now: Int64) -> [Certificate] {
        let next: [Certificate] =
            if case .waiting(let next) = successor { [next.authority.certificate] } else { [] }
        return former.filter { $0.notAfter > now } + [current.certificate] + next
    }

    /// What is shown behind a leaf of the current CA, for who trusts only a predecessor.
    package func chain(at now: Int64) -> [Certificate] { cross.filter { $0.notAfter > now } }

    private static func certificates(_ entry: JSONView?) -> [Certificate] {
        guard let pem = entry?.string.flatMap({ Base64.decode($0) }) else { return [] }
        return (try? PEM.certificates(in: pem, limits: .chain)) ?? []
    }

    /// A successor whose key finds no room is not unusable: it would be thrown away.
    private static func successor(
        _ data: JSONView?, of current: Authority
    ) throws(AuthorityError) -> Successor {
        let parts = [Entry.next, Entry.nextKey, Entry.nextCross].filter { data?[$0] != nil }
        guard let data, !parts.isEmpty else { return .none }
        guard let certificate = certificates(data[Entry.next]).first else {
            return .unusable("\(Entry.next) holds no certificate", parts: parts)
        }
        guard let cross = certificates(data[Entry.nextCross]).first,
            cross.publicKey.equals(certificate.publicKey), cross.isSigned(by: current.certificate)
        else {
            return .unusable(
                "\(Entry.nextCross) is not \(Entry.next) signed by \(Entry.current)", parts: parts)
        }
        do {
            let key = try PrivateKey(pem: StoredAuthority.key(data[Entry.nextKey]))
            let authority = try Authority(name: description.name, certificate: certificate, key: key)
            return .waiting(Next(authority: authority, cross: cross))
        } catch let error
            where (error as? KeyError)?.isOutOfMemory ?? (error as? OpenSSLError)?.isOutOfMemory ?? false
        {
            throw .noRoom(authority: description.name)
        } catch {
            return .unusable("\(Entry.nextKey): \(error)", parts: parts)
        }
    }
}

// What becomes of the Secret. Every change is guarded by the version it was decided on.
extension ServingAuthorities {
    /// Puts a successor beside the current CA: made now, and certified by it.
    package func beginning(at now: Int64) throws(OpenSSLError) -> JSONPatch {
        let made = try Authority.make(Self.description, at: now)
        let cross = try current.issuer.issueAuthority(
            commonName: made.certificate.commonName ?? "", for: made.certificate.publicKey,
            notBefore: made.certificate.notBefore, notAfter: made.certificate.notAfter)
        let key = made.key.pem().withBytes { key in
            Base64.encode(unsafe key.withUnsafeBytes { unsafe Array($0) })
        }
        return patch(
            [
                .add(Self.data(Entry.next), Self.value([made.certificate])),
                .add(Self.data(Entry.nextKey), .string(key)),
                .add(Self.data(Entry.nextCross), Self.value([cross])),
            ] + forgetting)
    }

    /// Makes the successor the current CA. Its key moves inside the API server.
    package func turning(to next: Next, at now: Int64) -> JSONPatch {
        let former = (former + [current.certificate]).filter { $0.notAfter > now }.suffix(Self.keptFormer)
        let cross = ([next.cross] + cross).filter { $0.notAfter > now }.prefix(Self.keptFormer)
        return patch([
            .add(Self.data(Entry.former), Self.value(Array(former))),
            .add(Self.data(Entry.cross), Self.value(Array(cross))),
            .move(from: Self.data(Entry.next), to: Self.data(Entry.current)),
            .move(from: Self.data(Entry.nextKey), to: Self.data(Entry.currentKey)),
            .remove(Self.data(Entry.nextCross)),
        ])
    }

    /// The whole Secret anew, for when somebody deleted it. Without a successor: nothing was signed by that
    /// yet, and another is made.
    package func secret(in namespace: String) -> JSONValue {
        let encodedKey = key.pem().withBytes { key in
            Base64.encode(unsafe key.withUnsafeBytes { unsafe Array($0) })
        }
        var data: JSONValue = [
            Entry.current: Self.value([current.certificate]), Entry.currentKey: .string(encodedKey),
        ]
        if !cross.isEmpty { data[Entry.cross] = Self.value(cross) }
        if !former.isEmpty { data[Entry.former] = Self.value(former) }
        return SecretAuthorityStore.object(
            Self.description.secret, in: namespace, owner: Self.description.label, data)
    }

    package func forgettingRequest() -> JSONPatch { patch(forgetting) }

    /// Takes a successor out that cannot be used.
    package func discarding(parts: [String]) -> JSONPatch {
        patch(parts.map { .remove(Self.data($0)) })
    }

    package func dropping(at now: Int64) -> JSONPatch {
        patch([
            .add(Self.data(Entry.former), Self.value(former.filter { $0.notAfter > now })),
            .add(Self.data(Entry.cross), Self.value(chain(at: now))),
        ])
    }

    /// Whether something is kept that has ended.
    package func holdsEnded(at now: Int64) -> Bool { (former + cross).contains { $0.notAfter <= now } }

    private var forgetting: [JSONPatch.Operation] {
        request == nil ? [] : [.remove(["metadata", "annotations", Self.requestAnnotation])]
    }

    private func patch(_ operations: [JSONPatch.Operation]) -> JSONPatch {
        JSONPatch([.test(["metadata", "resourceVersion"], .string(version))] + operations)
    }

    private static func data(_ entry: String) -> JSONPointer { ["data", entry] }

    private static func value(_ certificates: [Certificate]) -> JSONValue {
        .string(Base64.encode(Array(certificates.map(\.pem).joined().utf8)))
    }
}
