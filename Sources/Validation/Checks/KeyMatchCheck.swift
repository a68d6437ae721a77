// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

extension Check {
    /// KeyMismatch: the key is of no certificate beside it. (Of one further down, ChainOrder says so.)
    static let keyBelongsToCertificate = Check { material, _ in
        [
            material.mismatch(material.key, material.certificate),
            material.mismatch(material.authorityKey, material.authority),
        ].compactMap { $0 }
    }
}

extension SecretMaterial {
    fileprivate func mismatch(_ keys: KeyEntry?, _ certificates: CertificateEntry?) -> Fault? {
        guard let keys, let key = keys.key, let certificates, let first = certificates.certificates.first,
            !certificates.certificates.contains(where: key.matches)
        else { return nil }
        let (keyFile, certificateFile) = (keys.name.rawValue, certificates.name.rawValue)
        let digests =
            "key sha256 \(Self.short(key.publicKey)), certificate sha256 \(Self.short(first.publicKey))"
        return fault(
            .keyMismatch, keys.field,
            found: "\(keyFile) does not belong to \(certificateFile) (public keys differ: \(digests))",
            wanted: "the key of \(CertificateText.name(first))",
            fix:
                "You may have mixed up two renewals; these two must print the same: openssl x509 -in \(certificateFile) -noout -pubkey; openssl pkey -in \(keyFile) -pubout."
        )
    }

    private static func short(_ key: PublicKey) -> String { Digest.hex(key.spkiSHA256.prefix(4)) + "…" }
}
