// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

extension Check {
    /// CommonNameOnly, SANMissing: what clients look for, and a common name that they will not. They look at subject alternative names and nowhere else
    /// (RFC 6125 section 6.4.4; browsers, Go and OpenSSL's own check have dropped the common name).
    static let names = Check { material, _ in
        guard let entry = material.certificate, let leaf = material.leaf else { return [] }
        if leaf.subjectAlternativeNames.isEmpty {
            guard material.mustHaveNames(leaf) else { return [] }
            return [material.commonNameOnly(leaf, entry)]
        }
        let missing = material.expectation.names.filter { !$0.isCovered(by: leaf) }
        return missing.prefix(mostNamesTold).map { material.missing($0, of: missing, leaf, entry) }
            + material.strayCommonName(leaf, missing, entry)
    }

    /// A StatefulSet of a hundred pods is not told a hundred times; the cure names all the same as many.
    private static let mostNamesTold = 20
}

extension SecretMaterial {
    /// A client certificate may go without names, and nobody can tell what a self-signed one is for.
    fileprivate func mustHaveNames(_ leaf: Certificate) -> Bool {
        if !expectation.names.isEmpty || expectation.usage == .server { return true }
        guard expectation.usage == nil, !leaf.isSelfIssued, !leaf.isCA else { return false }
        return leaf.extendedKeyUsages.map { $0.contains(.serverAuth) || $0.contains(.any) } ?? true
    }

    fileprivate func commonNameOnly(_ leaf: Certificate, _ entry: CertificateEntry) -> Fault {
        let name =
            leaf.commonName.map { "only the common name \(CertificateText.quoted($0))" } ?? "no name at all"
        let wanted = expectation.names.map(\.name.text).joined(separator: ", ")
        let isAsked = !expectation.names.isEmpty || expectation.usage == .server
        let extensions =
            expectation.names.isEmpty
            ? "DNS:NAME" : expectation.names.map(\.subjectAltName).joined(separator: ",")
        return fault(
            .commonNameOnly, entry.field, severity: isAsked ? .error : .warning,
            found: "the certificate has no subject alternative names, \(name)",
            wanted: wanted.isEmpty
                ? "each name that it serves, as a subject alternative name" : "the names \(wanted)",
            fix: "Clients ignore common names. Have it issued anew with: subjectAltName=\(extensions).")
    }

    /// A common name that reads like a host of its own, as some old tools still take it; `web` is a mere title, and so is any
    /// common name of a client.
    fileprivate func strayCommonName(
        _ leaf: Certificate, _ missing: [WantedName], _ entry: CertificateEntry
    ) -> [Fault] {
        guard isForServers(leaf), let text = leaf.commonName, let name = WantedName(parsing: text),
            name.readsLikeHost, !name.isCovered(by: leaf),
            // Then the missing name is told with a word about the common name.
            !missing.contains(where: { $0.name.text.lowercased() == name.name.text.lowercased() })
        else { return [] }
        return [
            fault(
                .commonNameOnly, entry.field, severity: .warning,
                found:
                    "the common name \(CertificateText.quoted(text)) is not among the subject alternative names, where clients look",
                wanted: "each name that it serves, as a subject alternative name",
                fix:
                    "If \(name.name.text) is served, have it issued anew with this name too: subjectAltName=\(name.subjectAltName)."
            )
        ]
    }

    private func isForServers(_ leaf: Certificate) -> Bool {
        if let usage = expectation.usage { return usage == .server }
        return leaf.extendedKeyUsages.map { $0.contains(.serverAuth) || $0.contains(.any) } ?? true
    }

    fileprivate func missing(
        _ wanted: WantedName, of all: [WantedName], _ leaf: Certificate, _ entry: CertificateEntry
    ) -> Fault {
        let text = wanted.name.text
        let names = leaf.subjectAlternativeNames
        var remark = ""
        if case .ip = wanted.name, names.contains(.dns(text)) {
            remark = " (\(text) stands there as a DNS name, where nobody looks for addresses)"
        } else if leaf.commonName?.lowercased() == text.lowercased() {
            remark = " (it is the common name, where clients no longer look)"
        } else if let near = names.first(where: { wanted.wouldFall(under: $0) }) {
            remark = " (\(near.text) stands for one label only)"
        }
        let shown =
            names.prefix(5).map(\.text).joined(separator: ", ")
            + (names.count > 5 ? ", … (\(names.count))" : "")
        let cure = all.prefix(40).map(\.subjectAltName).joined(separator: ",") + (all.count > 40 ? ",…" : "")
        return fault(
            .sanMissing, entry.field, found: "the certificate is for \(shown); \(text) is missing\(remark)",
            wanted: "the name \(text)\(wanted.reason.isEmpty ? "" : " (\(wanted.reason))")",
            fix:
                "Have it issued anew with \(all.count == 1 ? "this name" : "these \(all.count) names") too: subjectAltName=\(cure)."
        )
    }
}

extension WantedName {
    /// An address, or a name of more than one label.
    fileprivate var readsLikeHost: Bool {
        switch name {
        case .ip: true
        case .dns(let host): host.contains(".")
        default: false
        }
    }

    /// As `openssl req -addext` takes it.
    fileprivate var subjectAltName: String {
        switch name {
        case .ip: "IP:\(name.text)"
        case .uri: "URI:\(name.text)"
        default: "DNS:\(name.text)"
        }
    }

    /// Two labels or more below a wildcard: what people expect and no client does.
    fileprivate func wouldFall(under other: SubjectAlternativeName) -> Bool {
        guard case .dns(let host) = name, case .dns(let pattern) = other, pattern.hasPrefix("*.") else {
            return false
        }
        return host.lowercased().hasSuffix(pattern.dropFirst().lowercased())
    }
}
