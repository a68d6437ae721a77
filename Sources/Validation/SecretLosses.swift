// SPDX-License-Identifier: Apache-2.0
package import JSON
internal import OpenSSL

/// What an update of a Secret takes away from who uses it now: pods that serve with it, policies that sign
/// with it. What was missing before is not lost.
package enum SecretLosses {
    /// `needed` is what those pods serve; `users` names them for people: `Deployment web`.
    package static func faults(
        from old: SecretMaterial, to new: SecretMaterial, needed: Expectation, users: String
    ) -> [Fault] {
        guard let before = old.leaf else { return [] }
        guard let entry = new.certificate, let after = new.leaf else {
            return [
                new.fault(
                    .missingKey, "data[tls.crt]", found: "tls.crt is taken away, and \(users) serves with it",
                    wanted: "the certificate until nobody uses it", fix: Self.cure)
            ]
        }
        return lostNames(before, after, needed, users, new, entry)
            + lostUsage(before, after, needed, users, new, entry)
            + changedKeyType(before, after, users, new, entry) + lostAuthority(old, new, users)
    }

    /// What policies signed with is gone. A Secret with `tls.crt` beside `ca.key` was there to be mounted,
    /// and is to be split.
    /// Nothing is parsed for it: most updates are of Secrets that never were an authority's.
    package static func losesAuthority(from old: JSONView, to new: SecretMaterial) -> Bool {
        let before = EntryReader(secret: old)
        return new.authorityKey == nil && before.source(of: .authorityKey) != nil
            && before.source(of: .certificate) == nil
    }

    /// `policies` are the names of those that sign with it.
    package static func faults(ofAuthority new: SecretMaterial, policies: [String]) -> [Fault] {
        guard !policies.isEmpty else { return [] }
        let shown = policies.prefix(3).joined(separator: ", ")
        let more = policies.count > 3 ? " and \(policies.count - 3) more" : ""
        return [
            new.fault(
                .missingKey, "data[ca.key]",
                found: "ca.key is taken away, and TLSPolicy \(shown)\(more) signs with it",
                wanted: "the authority's key until no policy names it",
                fix: "Keep ca.key, or change spec.tls.certificate.secretName first. \(cure)")
        ]
    }

    /// How to go on when the loss is meant.
    package static let overrideKey = "podmint.dev/override"
    private static let cure =
        "If it is meant, say why in the Secret's annotation: podmint.dev/override: \"<reason>\"."

    private static func lostNames(
        _ before: Certificate, _ after: Certificate, _ needed: Expectation, _ users: String,
        _ new: SecretMaterial, _ entry: CertificateEntry
    ) -> [Fault] {
        needed.names.filter { $0.isCovered(by: before) && !$0.isCovered(by: after) }.prefix(20).map { name in
            new.fault(
                .sanMissing, entry.field,
                found: "the new certificate no longer has \(name.name.text), by which \(users) is reached",
                wanted: "the name \(name.name.text)\(name.reason.isEmpty ? "" : " (\(name.reason))")",
                fix: "Have it issued with this name too. \(cure)")
        }
    }

    private static func lostUsage(
        _ before: Certificate, _ after: Certificate, _ needed: Expectation, _ users: String,
        _ new: SecretMaterial, _ entry: CertificateEntry
    ) -> [Fault] {
        guard let usage = needed.usage, allows(before, usage), !allows(after, usage) else { return [] }
        return [
            new.fault(
                .extendedKeyUsage, entry.field,
                found: "the new certificate is no longer good for \(usage.text), and \(users) uses it so",
                wanted: "extendedKeyUsage with \(usage.rawValue)Auth",
                fix: "Have it issued with extendedKeyUsage=\(usage.rawValue)Auth. \(cure)")
        ]
    }

    private static func allows(_ certificate: Certificate, _ usage: WantedUsage) -> Bool {
        certificate.extendedKeyUsages?.contains(usage.extendedKeyUsage) ?? true
    }

    /// Servers that read an RSA key often read no other.
    private static func changedKeyType(
        _ before: Certificate, _ after: Certificate, _ users: String, _ new: SecretMaterial,
        _ entry: CertificateEntry
    ) -> [Fault] {
        let (old, now) = (kind(before.publicKey.kind), kind(after.publicKey.kind))
        guard old != now else { return [] }
        return [
            new.fault(
                .keyTypeChanged, entry.field,
                found:
                    "the key was \(old) and is \(now) now, under \(users) which may not be able to read it",
                wanted: "an \(old) key, as before", fix: "Keep the kind of key. \(cure)")
        ]
    }

    private static func kind(_ kind: PublicKeyKind) -> String {
        switch kind {
        case .rsa: "RSA"
        case .ec: "EC"
        case .ed25519: "Ed25519"
        case .other(let name): name
        }
    }

    private static func lostAuthority(_ old: SecretMaterial, _ new: SecretMaterial, _ users: String)
        -> [Fault]
    {
        guard let entry = old.authority, entry.isSound, new.authority == nil else { return [] }
        return [
            new.fault(
                .missingKey, "data[ca.crt]", found: "ca.crt is taken away, and \(users) may trust by it",
                wanted: "ca.crt, as before", fix: "Keep ca.crt. \(cure)")
        ]
    }
}
