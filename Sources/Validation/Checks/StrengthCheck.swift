// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

extension Check {
    /// WeakKey, WeakSignature.
    static let strength = Check { material, _ in
        var faults: [Fault] = []
        if let entry = material.certificate {
            for (index, certificate) in entry.certificates.enumerated() {
                faults += material.weakKey(of: certificate, entry)
                // Nobody verifies a root's own signature; the first certificate's is always looked at.
                if index == 0 || !certificate.isSelfIssued {
                    faults += material.weakSignature(of: certificate, entry)
                }
            }
        }
        if let entry = material.authority, let signing = material.signing {
            faults += material.weakKey(of: signing, entry)
            if !signing.isSelfIssued { faults += material.weakSignature(of: signing, entry) }
        }
        return faults
    }

    static let smallestRSA = 2048
    static let smallestCurve = 256

    /// What is weak about a key; nil for a good one.
    static func weakness(of key: PublicKey) -> String? {
        if let objection = key.objection, objection != .otherKind { return objection.rawValue }
        switch key.kind {
        case .rsa(let bits):
            if bits < smallestRSA || bits % 8 != 0 { return "is RSA with \(bits) bits" }
            // Within these sizes nothing is left to refuse but the exponent.
            return KeyRequirement.refusal(of: key) == nil
                ? nil : "is RSA with an exponent that is even or below 65537"
        case .ec(let curve, let bits):
            return bits < smallestCurve ? "is on curve \(curve) with \(bits) bits" : nil
        case .ed25519: return nil
        case .other(let name): return ["ED448"].contains(name.uppercased()) ? nil : "is of type \(name)"
        }
    }
}

extension SecretMaterial {
    fileprivate func weakKey(of certificate: Certificate, _ entry: CertificateEntry) -> [Fault] {
        guard let weakness = Check.weakness(of: certificate.publicKey) else { return [] }
        return [
            fault(
                .weakKey, entry.field, found: "the key of \(CertificateText.name(certificate)) \(weakness)",
                wanted:
                    "RSA with \(Check.smallestRSA) to \(KeyRequirement.rsaBits.upperBound) bits (whole bytes) and exponent 65537, or a named curve from P-256 up, or Ed25519",
                fix:
                    "Make a new key and have a certificate issued for it: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out tls.key."
            )
        ]
    }

    fileprivate func weakSignature(of certificate: Certificate, _ entry: CertificateEntry) -> [Fault] {
        let algorithm = certificate.signatureAlgorithm
        guard algorithm.isWeak else { return [] }
        return [
            fault(
                .weakSignature, entry.field,
                found: "\(CertificateText.name(certificate)) is signed with \(algorithm.name)",
                wanted: "a signature with SHA-256 or better",
                fix: "Have it issued again with SHA-256: clients refuse MD5 and SHA-1.")
        ]
    }
}
