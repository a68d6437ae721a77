// SPDX-License-Identifier: Apache-2.0
package import JSON
internal import KubernetesAPI
package import OpenSSL

/// A Secret with its certificates and keys parsed, for checks to look at. Nothing in it can be printed that is secret.
package struct SecretMaterial: Sendable {
    /// `Secret shop/web-tls`
    package let object: String
    package let type: String
    package let certificate: CertificateEntry?
    package let key: KeyEntry?
    package let authority: CertificateEntry?
    package let authorityKey: KeyEntry?
    /// What it must be good for, where somebody says so.
    package var expectation = Expectation()
    /// Which certificates the keys belong to, where the keys themselves are not at hand.
    private let positions: OwnPositions
    /// From the leaf upwards, once somebody has looked for it.
    private(set) var path: ChainPath?
    /// Whether the leaf leads to `ca.crt`, whatever the time; nil until looked for, and where there is nothing to ask.
    private(set) var trust: ChainResult?
    private(set) var beyondGap: [Certificate] = []

    /// `namespace` is the request's; a file's Secret may name its own.
    package init(of secret: JSONView, namespace: String = "") {
        object = Self.object(secret, namespace)
        type = secret["type" as StaticString]?.string ?? ""
        let reader = EntryReader(secret: secret)
        certificate = CertificateEntry(.certificate, in: reader, limits: .chain)
        key = KeyEntry(.key, in: reader)
        authority = CertificateEntry(.authority, in: reader, limits: .bundle)
        authorityKey = KeyEntry(.authorityKey, in: reader)
        positions = OwnPositions()
    }

    /// Of what a cache keeps, which is everything but the keys.
    init(
        object: String, type: String, certificate: CertificateEntry?, key: KeyEntry?,
        authority: CertificateEntry?, authorityKey: KeyEntry?, positions: OwnPositions
    ) {
        self.object = object
        self.type = type
        self.certificate = certificate
        self.key = key
        self.authority = authority
        self.authorityKey = authorityKey
        self.positions = positions
    }

    /// A file of certificates, with or without their key, and what to trust beside it. Fields are named by the files.
    package init(
        file text: RawSpan, path: String, trust anchors: RawSpan? = nil, trustPath: String = "",
        expectation: Expectation
    ) {
        object = path
        type = ""
        certificate = CertificateEntry(.certificate, file: text, field: "", limits: .bundle)
        key = KeyEntry(.key, file: text, field: "the private key", limits: .bundle)
        if let anchors {
            authority = CertificateEntry(.authority, file: anchors, field: trustPath, limits: .bundle)
        } else {
            authority = nil
        }
        authorityKey = nil
        positions = OwnPositions()
        self.expectation = expectation
    }

    package static let tlsType = "kubernetes.io/tls"

    /// Type kubernetes.io/tls, or `tls.crt`, or `ca.key`; no other Secret is podmint's business.
    package static func isInScope(_ secret: JSONView) -> Bool {
        if secret["type" as StaticString]?.isString("kubernetes.io/tls") == true { return true }
        let reader = EntryReader(secret: secret)
        return reader.source(of: .certificate) != nil || reader.source(of: .authorityKey) != nil
    }

    /// There was no room for a key, so nothing is known of it: neither a fault nor that there is none.
    package var hasUnreadKey: Bool { [key, authorityKey].contains { $0?.isOutOfMemory ?? false } }
    /// Such a key would say which of several certificates is to be judged: what was found may be of another one.
    package var hasGuessedOwner: Bool {
        if key?.isOutOfMemory == true, leaf != certificate?.certificates.first { return true }
        return authorityKey?.isOutOfMemory == true && (authority?.certificates.count ?? 0) > 1
    }

    /// Meant to serve with, and so with a leaf and its key.
    var isLeaf: Bool { type == Self.tlsType || certificate != nil }
    /// Meant to sign with.
    var isAuthority: Bool { authorityKey != nil }

    /// Roots side by side, with no leaf among them and nothing wanted of it.
    package var isBundle: Bool {
        guard expectation == Expectation(), key == nil, let certificates = certificate?.certificates else {
            return false
        }
        return certificates.count > 1 && certificates.allSatisfy { $0.isCA && $0.isSelfIssued }
    }

    /// The certificate the key belongs to where there is one, else the first that is no CA, else the first.
    package var leaf: Certificate? {
        guard let certificates = certificate?.certificates else { return nil }
        return own(key, among: certificates, positions.leaf) ?? certificates.first { !$0.isCA }
            ?? certificates.first
    }

    /// The certificate of `ca.crt` that `ca.key` belongs to, else the first; nil where there is nothing to sign with.
    package var signing: Certificate? {
        guard isAuthority, let certificates = authority?.certificates else { return nil }
        return own(authorityKey, among: certificates, positions.signing) ?? certificates.first
    }

    private func own(_ entry: KeyEntry?, among certificates: [Certificate], _ position: Int?) -> Certificate?
    {
        if let position, certificates.indices.contains(position) { return certificates[position] }
        guard let key = entry?.key else { return nil }
        return certificates.first(where: key.matches)
    }

    /// What is found by signatures, which cost the most, and so is found once for all checks that ask.
    package func withChain() -> SecretMaterial {
        guard path == nil, let entry = certificate, entry.isSound, let leaf else { return self }
        var copy = self
        copy.path = ChainPath(from: leaf, in: entry.certificates)
        if let authority, authority.isSound, authorityKey == nil {
            copy.trust = ChainVerifier.verify(
                leaf: leaf, intermediates: entry.certificates.filter { $0 != leaf },
                anchors: authority.certificates, at: nil)
        }
        copy.beyondGap = copy.findBeyondGap()
        return copy
    }

    static func object(_ secret: JSONView, _ namespace: String) -> String {
        let metadata = ObjectMeta(of: secret)
        let space = metadata.namespace ?? namespace
        return space.isEmpty ? "Secret \(metadata.displayName)" : "Secret \(space)/\(metadata.displayName)"
    }
}

/// Where in their entries the certificates stand that the keys belong to.
struct OwnPositions: Hashable, Sendable {
    var leaf: Int?
    var signing: Int?
}
