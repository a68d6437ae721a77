// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

extension Check {
    /// ExtendedKeyUsage, KeyUsage: whether the leaf may be used for TLS at all, and for what is wanted of it.
    static let usage = Check { material, _ in
        guard let entry = material.certificate, let leaf = material.leaf else { return [] }
        // What is wanted of nobody in particular: one's own self-signed certificate may be anything.
        guard material.expectation.usage != nil || !leaf.isSelfIssued else { return [] }
        return material.extendedUsage(leaf, entry) + material.keyUsage(leaf, entry)
    }
}

extension SecretMaterial {
    fileprivate func extendedUsage(_ leaf: Certificate, _ entry: CertificateEntry) -> [Fault] {
        guard !leaf.isCA || expectation.asksForUsage else { return [] }
        guard let usages = leaf.extendedKeyUsages else {
            guard let wanted = expectation.usage else { return [] }
            return [
                extended(
                    leaf, entry, "says nothing about what it is for (no extendedKeyUsage)", wanted,
                    expectation.asksForUsage ? .error : .warning)
            ]
        }
        let wanted = expectation.usage.map { [$0] } ?? WantedUsage.allCases
        var faults: [Fault] = []
        if !wanted.contains(where: { usages.contains($0.extendedKeyUsage) }) {
            // OpenSSL's clients do not take `any` for a TLS usage.
            let shown = usages.map(CertificateText.usage).joined(separator: ", ")
            let isOpen = usages.contains(.any) && expectation.usage == nil
            faults.append(
                extended(leaf, entry, "is for \(shown) only", expectation.usage, isOpen ? .warning : .error))
        } else if usages.contains(.any) {
            faults.append(
                extended(leaf, entry, "is for any use (anyExtendedKeyUsage)", expectation.usage, .warning))
        }
        if leaf.isExtendedKeyUsageCritical {
            faults.append(
                extended(
                    leaf, entry, "marks extendedKeyUsage critical, which some clients refuse",
                    expectation.usage, .warning))
        }
        return faults
    }

    /// TLS 1.3 and every ECDHE cipher ask the leaf for signatures; RSA key transport is the past.
    fileprivate func keyUsage(_ leaf: Certificate, _ entry: CertificateEntry) -> [Fault] {
        if leaf.isCA {
            return [
                key(
                    leaf, entry,
                    "is a CA certificate: whoever has its key can issue certificates for any name",
                    "a leaf certificate (basicConstraints CA:FALSE)",
                    expectation.asksForUsage ? .error : .warning)
            ]
        }
        guard let usages = leaf.keyUsage else { return [] }
        var faults: [Fault] = []
        if !usages.contains(.digitalSignature) {
            var isOld = false
            if case .rsa = leaf.publicKey.kind {
                isOld = usages.contains(.keyEncipherment) && expectation.usage != .client
            }
            faults.append(
                key(
                    leaf, entry,
                    isOld
                        ? "may not sign, which TLS 1.3 asks of it"
                        : "may not sign, so no TLS client takes it",
                    "keyUsage digitalSignature", isOld ? .warning : .error))
        }
        if usages.contains(.keyCertSign) {
            faults.append(
                key(
                    leaf, entry, "may sign certificates (keyCertSign) without being a CA",
                    "keyUsage digitalSignature", .error))
        }
        return faults
    }

    private func extended(
        _ leaf: Certificate, _ entry: CertificateEntry, _ found: String, _ wanted: WantedUsage?,
        _ severity: Severity = .error
    ) -> Fault {
        let names = (wanted.map { [$0] } ?? WantedUsage.allCases).map { "\($0.rawValue)Auth" }
        return fault(
            .extendedKeyUsage, entry.field, severity: severity,
            found: "\(CertificateText.name(leaf)) \(found)",
            wanted: "extendedKeyUsage with \(names.joined(separator: " or "))",
            fix:
                "Have it issued anew with: extendedKeyUsage=\(wanted == nil ? "serverAuth,clientAuth" : names.joined())."
        )
    }

    private func key(
        _ leaf: Certificate, _ entry: CertificateEntry, _ found: String, _ wanted: String,
        _ severity: Severity
    ) -> Fault {
        fault(
            .keyUsage, entry.field, severity: severity, found: "\(CertificateText.name(leaf)) \(found)",
            wanted: wanted,
            fix: "Have a leaf issued with: basicConstraints=CA:FALSE, keyUsage=critical,digitalSignature.")
    }
}
