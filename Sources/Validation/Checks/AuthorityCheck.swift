// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

extension Check {
    /// NotCA: `ca.crt` beside `ca.key` must be a certificate that may sign others.
    static let authorityMaySign = Check { material, _ in
        guard let entry = material.authority, let certificate = material.signing else { return [] }
        guard let reason = reasonNotToSign(certificate) else { return [] }
        return [
            material.fault(
                .notCA, entry.field, found: "\(CertificateText.name(certificate)) \(reason)",
                wanted: "a CA certificate (basicConstraints CA:TRUE, keyUsage keyCertSign)",
                fix:
                    "Make one: openssl req -x509 -new -key ca.key -days 3650 -subj /CN=my-ca -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out ca.crt."
            )
        ]
    }

    private static func reasonNotToSign(_ certificate: Certificate) -> String? {
        if !certificate.isCA { return "is no CA certificate" }
        if let usage = certificate.keyUsage, !usage.contains(.keyCertSign) {
            return "may not sign certificates"
        }
        return nil
    }
}
