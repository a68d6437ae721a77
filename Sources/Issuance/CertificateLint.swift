// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

/// Judges a leaf before it is signed for real (and once more after): whether it says exactly what was decided, and
/// what RFC 5280 wants of it. Any finding stops the issuance: it is a bug of ours.
package struct CertificateLint: Sendable {
    /// What the certificate must say.
    let names: [SubjectAlternativeName]
    let notBefore: Int64
    let notAfter: Int64
    let key: PublicKey
    let issuer: Certificate
    /// Of the two of TLS; a leaf that could sign code or mail would be worth stealing.
    var usages: [ExtendedKeyUsage] = [.serverAuth, .clientAuth]
    var commonName: String?

    /// Empty when all is well.
    func findings(in certificate: Certificate) -> [String] {
        var findings: [String] = []
        func expect(_ holds: Bool, _ finding: String) { if !holds { findings.append(finding) } }

        expect(certificate.version == 3, "version is \(certificate.version), not 3")
        expect(!certificate.hasMalformedExtensions, "an extension cannot be parsed")
        // CA/Browser Forum: at least 64 random bits; RFC 5280 section 4.1.2.2: positive, at most 20 octets.
        let serial = certificate.serialHex
        expect((16...32).contains(serial.count), "serial \(serial) is no positive number of 128 random bits")
        expect(!certificate.isCA, "it is a CA certificate")
        expect(certificate.pathLength == nil, "it has a path length")
        expect(certificate.publicKey.spkiSHA256 == key.spkiSHA256, "it is for another key")
        expect(certificate.keyUsage == expectedKeyUsage, "key usage is \(certificate.keyUsage ?? [])")
        let found = certificate.extendedKeyUsages ?? []
        expect(found == usages && !usages.isEmpty, "extended key usage is \(found)")
        expect(
            Set(usages).isSubset(of: [.serverAuth, .clientAuth]), "extended key usage \(usages) is not TLS's")
        if let commonName {
            expect(
                certificate.commonName == commonName,
                "its common name is \(certificate.commonName ?? "missing")")
        } else {
            expect(!certificate.hasSubject, "it has a subject, \(certificate.subject)")
        }
        expect(certificate.subjectAlternativeNames == names, "its names are not the ones decided")
        expect(!names.isEmpty, "it has no names")
        let isCritical = Self.hasCriticalNames(certificate)
        expect(isCritical || commonName != nil, "names are not critical though the subject is empty")
        expect(!isCritical || commonName == nil, "names are critical though there is a subject")
        expect(certificate.notBefore == notBefore, "it begins at another time")
        expect(certificate.notAfter == notAfter, "it ends at another time")
        expect(notAfter <= issuer.notAfter, "it outlives its authority")
        expect(notBefore < notAfter, "its validity is empty")
        expect(certificate.namesIssuer(issuer), "it names another issuer")
        expect(certificate.subjectKeyIdentifier?.isEmpty == false, "it has no subject key identifier")
        expect(
            certificate.authorityKeyIdentifier == issuer.subjectKeyIdentifier,
            "its authority key identifier is not the authority's")
        expect(
            !certificate.signatureAlgorithm.isWeak, "it is signed with \(certificate.signatureAlgorithm.name)"
        )
        return findings
    }

    private var expectedKeyUsage: Set<KeyUsage> {
        if case .rsa = key.kind { return [.digitalSignature, .keyEncipherment] }
        return [.digitalSignature]
    }

    /// RFC 5280 section 4.2.1.6. The beginning of the extension: OID 2.5.29.17, then BOOLEAN TRUE.
    private static func hasCriticalNames(_ certificate: Certificate) -> Bool {
        let mark: [UInt8] = [0x06, 0x03, 0x55, 0x1d, 0x11, 0x01, 0x01, 0xff]
        let der = certificate.der
        guard der.count >= mark.count else { return false }
        return (0...(der.count - mark.count)).contains { der[$0...].starts(with: mark) }
    }
}
