// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

extension Check {
    /// MalformedCertificate: what RFC 5280 forbids and OpenSSL's chain check lets through.
    static let encoding = Check { material, _ in
        guard let entry = material.certificate else { return [] }
        return entry.certificates.enumerated().flatMap { position, certificate in
            defects(of: certificate).map { found, wanted in
                material.fault(
                    .malformedCertificate, entry.field,
                    found: "\(CertificateText.name(certificate)) \(found)",
                    wanted: wanted,
                    fix:
                        "Have it issued anew by a CA that keeps to RFC 5280; see: openssl x509 -in tls.crt -noout -text."
                )
            }
        }
    }

    private static func defects(of certificate: Certificate) -> [(String, String)] {
        var defects: [(String, String)] = []
        // Old roots are version 1; they are trusted for where they stand, not for what they say.
        if certificate.version < 3, !certificate.isSelfIssued {
            defects.append(("is of X.509 version \(certificate.version), without extensions", "version 3"))
        }
        if let defect = defect(ofSerial: certificate.serialHex) {
            defects.append(
                (defect, "a positive serial number of at most 20 bytes, of which 8 or more are random"))
        }
        if !certificate.isCA, certificate.pathLength != nil {
            defects.append(
                ("has a path length and is no CA", "basicConstraints CA:FALSE without a path length"))
        }
        if certificate.hasMalformedExtensions {
            defects.append(
                ("has an extension that does not parse or contradicts another", "extensions by RFC 5280"))
        }
        return defects
    }

    /// RFC 5280 section 4.1.2.2: positive, at most 20 octets with the sign's.
    static func defect(ofSerial hex: String) -> String? {
        if hex.hasPrefix("-") { return "has a negative serial number (\(hex.prefix(12)))" }
        let digits = hex.drop { $0 == "0" }
        guard let first = digits.first?.hexDigitValue else { return "has serial number 0" }
        let bits = (digits.count - 1) * 4 + (Int.bitWidth - first.leadingZeroBitCount)
        return bits > 159 ? "has a serial number of \(bits / 8 + 1) bytes" : nil
    }
}
