// SPDX-License-Identifier: Apache-2.0
package import JSON
package import KubernetesAPI
internal import OpenSSL

/// The certificates of `tls.crt` or `ca.crt` as a cache keeps them, and what was wrong beside them.
struct KeptEntry: Hashable, Sendable {
    let field: String
    /// DER, in the order of the text.
    let certificates: [[UInt8]]
    let problems: [EntryProblem]

    init(_ entry: CertificateEntry) {
        field = entry.field
        certificates = entry.certificates.map(\.der)
        problems = entry.problems
    }
}

/// A Secret with certificates as caches keep it: what is public, and what was found of its keys when it was
/// seen. Holds no key, and is 2 kB for a leaf with one issuer.
package struct CertificateSecret: Hashable, Sendable {
    /// `Secret shop/web-tls`
    package let object: String
    package let uid: String
    package let resourceVersion: String
    /// Of `podmint.dev/validation`.
    package let modeAnnotation: String?
    package let isControlled: Bool
    /// `tls.crt` is there and empty: whoever owns it will fill it.
    package let isPlaceholder: Bool
    private let type: String
    private let certificate: KeptEntry?
    private let authority: KeptEntry?
    private let keyField: String?
    private let authorityKeyField: String?
    private let positions: OwnPositions
    /// Of a key that found no room there is none: it is no fault, and would be told until the Secret changes.
    private let keyFaults: [Fault]

    /// Nil for what is not podmint's business.
    package init?(_ secret: JSONView, namespace: String = "") {
        guard SecretMaterial.isInScope(secret) else { return nil }
        let material = SecretMaterial(of: secret, namespace: namespace)
        let metadata = ObjectMeta(of: secret)
        object = material.object
        uid = metadata.uid ?? ""
        resourceVersion = secret.at("metadata", "resourceVersion")?.string ?? ""
        modeAnnotation = metadata.annotation(ValidationMode.key)
        isControlled = SecretOwnership(secret).isControlled
        isPlaceholder = SecretContents.isPlaceholder(secret)
        type = material.type
        certificate = material.certificate.map(KeptEntry.init)
        authority = material.authority.map(KeptEntry.init)
        keyField = material.key?.field
        authorityKeyField = material.authorityKey?.field
        positions = OwnPositions(
            leaf: material.leaf.flatMap { material.certificate?.certificates.firstIndex(of: $0) },
            signing: material.signing.flatMap { material.authority?.certificates.firstIndex(of: $0) })
        keyFaults = Check.aboutKeys.flatMap { $0.find(material, Timestamp(secondsSinceEpoch: 0)) }
    }

    /// `ca.key` to sign with, and no `tls.crt` to serve with.
    package var isAuthority: Bool { authorityKeyField != nil && certificate == nil }

    /// By the rules that hold for the Secret itself.
    package func report(_ expectation: Expectation, at time: Timestamp) -> FaultReport {
        let material = material(expectation)
        return FaultReport(keyFaults + SecretValidator.find(Check.withoutKeys, material, time))
    }

    private func material(_ expectation: Expectation) -> SecretMaterial {
        var material = SecretMaterial(
            object: object, type: type,
            certificate: certificate.map { CertificateEntry(.certificate, kept: $0) },
            key: keyField.map { KeyEntry(.key, field: $0) },
            authority: authority.map { CertificateEntry(.authority, kept: $0) },
            authorityKey: authorityKeyField.map { KeyEntry(.authorityKey, field: $0) },
            positions: positions)
        material.expectation = expectation
        return material
    }
}
