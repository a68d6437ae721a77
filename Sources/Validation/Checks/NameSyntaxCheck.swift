// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

extension Check {
    /// InvalidName: names of the leaf that no client will ever match.
    static let nameSyntax = Check { material, _ in
        guard let entry = material.certificate, let leaf = material.leaf else { return [] }
        let names = leaf.subjectAlternativeNames
        // A certificate may carry a thousand; ten make the point.
        return names.compactMap { name in defect(of: name).map { (name, $0) } }.prefix(10).map {
            name, defect in
            material.fault(
                .invalidName, entry.field,
                found:
                    "\(CertificateText.name(leaf)) carries the name \(CertificateText.quoted(name.text)), which \(defect)",
                wanted:
                    "names that clients can match: DNS names of letters, digits and hyphens, addresses as IP names",
                fix:
                    "Have it issued without that name; see: openssl x509 -in tls.crt -noout -ext subjectAltName."
            )
        }
    }

    private static func defect(of name: SubjectAlternativeName) -> String? {
        switch name {
        case .dns(let host):
            if SubjectAlternativeName.ip(parsing: host) != nil {
                return "is an address written as a DNS name"
            }
            return DNSNameSyntax.defect(of: host)
        case .other(let what) where what.hasPrefix("unprintable") || what.hasPrefix("IP address of"):
            return "is none"
        default: return nil
        }
    }
}
