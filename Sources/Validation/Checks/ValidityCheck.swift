// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
internal import OpenSSL

extension Check {
    /// Expired, NotYetValid, ExpiresSoon: each certificate that is shown, the authority that signs, and the anchor.
    static let validity = Check { material, time in
        var faults: [Fault] = []
        for certificate in material.certificate?.certificates ?? [] {
            faults += material.validity(of: certificate, in: material.certificate, at: time)
        }
        for certificate in material.anchorsInUse {
            faults += material.validity(of: certificate, in: material.authority, at: time)
        }
        return faults
    }

    /// Who makes a certificate and applies it at once must not be refused because our clock is a little behind.
    static let clockDifference: Int64 = 60

    /// 30 days, or a third of the certificate's life where that is shorter.
    static func warningSpan(of certificate: Certificate) -> Int64 {
        min(30 * 86_400, (certificate.notAfter - certificate.notBefore) / 3)
    }
}

extension SecretMaterial {
    /// Other members of a bundle may be old: a trust store keeps them through a rotation.
    fileprivate var anchorsInUse: [Certificate] {
        guard let authority, authority.isSound else { return [] }
        if isAuthority { return [signing].compactMap(\.self) }
        guard let certificate, case .trusted(let chain)? = trust else { return [] }
        return chain.filter { !certificate.certificates.contains($0) }
    }

    fileprivate func validity(
        of certificate: Certificate, in entry: CertificateEntry?, at time: Timestamp
    ) -> [Fault] {
        guard let entry else { return [] }
        let field = entry.field
        let now = time.secondsSinceEpoch
        let name = CertificateText.name(certificate)
        let clock = "server clock \(time)"
        let (start, end) = (
            CertificateText.time(certificate.notBefore), CertificateText.time(certificate.notAfter)
        )
        let renew = "Have it issued anew; its dates: openssl x509 -in \(entry.name.rawValue) -noout -dates."
        if now > certificate.notAfter {
            let ago = CertificateText.span(now - certificate.notAfter)
            return [
                fault(
                    .expired, field, found: "\(name) expired \(end)", moment: "\(ago) ago; \(clock)",
                    wanted: "a certificate that is valid now", fix: renew)
            ]
        }
        if now + Check.clockDifference < certificate.notBefore {
            let ahead = CertificateText.span(certificate.notBefore - now)
            return [
                fault(
                    .notYetValid, field, found: "\(name) is valid from \(start) only",
                    moment: "in \(ahead); \(clock)",
                    wanted: "a certificate that is valid now",
                    fix:
                        "Wait until then, or have it issued with an earlier start; also compare the clocks: date -u."
                )
            ]
        }
        let left = certificate.notAfter - now
        guard left < Check.warningSpan(of: certificate) else { return [] }
        return [
            fault(
                .expiresSoon, field, found: "\(name) expires \(end)",
                moment: "in \(CertificateText.span(left))",
                wanted: "at least \(CertificateText.span(Check.warningSpan(of: certificate))) left",
                fix: renew)
        ]
    }
}
