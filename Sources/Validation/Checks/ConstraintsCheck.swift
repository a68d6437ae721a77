// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

extension Check {
    /// NotCA, PathLength, NameConstraints inside the chain, which need no trust; and what OpenSSL's check of name
    /// constraints lets through.
    static let constraints = Check { material, _ in
        guard let entry = material.certificate, let path = material.path?.certificates else { return [] }
        return material.brokenRules(along: path, entry) + material.misreadConstraints(along: path, entry)
    }

    /// Whether a wildcard would reach into a subtree that is excluded: `*.corp.example` and `secret.corp.example`.
    static func reaches(_ wildcard: String, into excluded: String) -> Bool {
        guard wildcard.hasPrefix("*.") else { return false }
        let base = wildcard.dropFirst(2).lowercased()
        let subtree = excluded.lowercased().drop { $0 == "." }
        return subtree.hasSuffix("." + base)
    }
}

extension SecretMaterial {
    /// Against the topmost certificate there is; with a `ca.crt` the check of trust has seen them already.
    fileprivate func brokenRules(along path: [Certificate], _ entry: CertificateEntry) -> [Fault] {
        guard authority == nil, path.count > 1, let top = path.last else { return [] }
        let result = ChainVerifier.verify(
            leaf: path[0], intermediates: Array(path.dropFirst()), anchors: [top], at: nil)
        guard case .refused(let refusal) = result else { return [] }
        let (code, wanted): (FaultCode, String)
        switch refusal.cause {
        case .notAnAuthority: (code, wanted) = (.notCA, "issuers that are CA certificates")
        case .pathLength: (code, wanted) = (.pathLength, "a chain within its path lengths")
        case .nameConstraints: (code, wanted) = (.nameConstraints, "names that the issuers may vouch for")
        default: return []
        }
        return [
            fault(
                code, entry.field, found: "\(refusal)", wanted: wanted,
                fix:
                    "Have the certificate issued by an authority that may; see: openssl x509 -in tls.crt -noout -text."
            )
        ]
    }

    fileprivate func misreadConstraints(along path: [Certificate], _ entry: CertificateEntry) -> [Fault] {
        let anchors =
            authority?.certificates.filter { anchor in path.last.map { $0.namesIssuer(anchor) } ?? false }
            ?? []
        let wildcards = path.first?.subjectAlternativeNames.compactMap { name -> String? in
            if case .dns(let host) = name, host.hasPrefix("*.") { host } else { nil }
        }
        var faults: [Fault] = []
        for issuer in path.dropFirst() + anchors where issuer.hasNameConstraints {
            guard let constraints = issuer.nameConstraints, !constraints.isUnreadable else {
                faults.append(
                    constrained(
                        entry, "\(CertificateText.name(issuer)) has name constraints that cannot be read",
                        "name constraints by RFC 5280 section 4.2.1.10"))
                continue
            }
            for case .dns(let excluded) in constraints.excluded {
                for wildcard in wildcards ?? [] where Check.reaches(wildcard, into: excluded) {
                    faults.append(
                        constrained(
                            entry,
                            "\(wildcard) reaches into \(excluded), which \(CertificateText.name(issuer)) excludes",
                            "names outside what the issuers exclude"))
                    // Names times constraints may be a million; ten make the point.
                    if faults.count == Self.mostMisread { return faults }
                }
            }
        }
        return faults
    }

    private static let mostMisread = 10

    private func constrained(_ entry: CertificateEntry, _ found: String, _ wanted: String) -> Fault {
        fault(
            .nameConstraints, entry.field, found: found, wanted: wanted,
            fix:
                "Have the certificate issued by another authority or for other names; see: openssl x509 -in tls.crt -noout -text."
        )
    }
}

extension NameConstraints {
    /// Empty, with distances, or with a base that is none; some verifiers skip those, others fail.
    fileprivate var isUnreadable: Bool {
        if hasDistances || (permitted.isEmpty && excluded.isEmpty) { return true }
        return (permitted + excluded).contains { base in
            switch base {
            case .ip: true
            case .other(let what):
                what.hasPrefix("unprintable") && what != "unprintable DNS name"
                    || what.hasPrefix("IP address of")
                        && !["IP address of 8 bytes", "IP address of 32 bytes"].contains(what)
            default: false
            }
        }
    }
}
