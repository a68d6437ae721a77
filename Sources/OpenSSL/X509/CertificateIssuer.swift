// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// A CA certificate and its key, ready to sign: contexts and unchanging extensions are prepared once, which makes
/// issuing six times cheaper than the obvious calls. Decides nothing about who may have what.
package final class CertificateIssuer: Sendable {
    package let certificate: Certificate
    private let signer: CertificateSigner
    private let leafConstraints: CertificateExtension
    private let authorityIdentifier: CertificateExtension?
    private let leafUsage: CertificateExtension
    private let leafUsageRSA: CertificateExtension
    private let bothUsages: CertificateExtension

    /// Refuses a certificate that is no CA or may not sign, and a key that is not its own.
    package init(certificate: Certificate, key: PrivateKey) throws(OpenSSLError) {
        guard certificate.isCA else {
            throw OpenSSLError("authority", because: "\(certificate.subject) is not a CA certificate")
        }
        if let usage = certificate.keyUsage, !usage.contains(.keyCertSign) {
            throw OpenSSLError("authority", because: "\(certificate.subject) lacks key usage keyCertSign")
        }
        guard key.matches(certificate) else {
            throw OpenSSLError("authority", because: "the key is not the one of \(certificate.subject)")
        }
        self.certificate = certificate
        signer = try CertificateSigner(key)
        leafConstraints = try .basicConstraints(isAuthority: false)
        let identifier = certificate.subjectKeyIdentifier
        authorityIdentifier = try identifier.map { identifier throws(OpenSSLError) in
            try .authorityKeyIdentifier(identifier)
        }
        leafUsage = try .keyUsage([.digitalSignature])
        // TLS 1.2's old key exchange is gone, but some clients still look for the bit on RSA keys.
        leafUsageRSA = try .keyUsage([.digitalSignature, .keyEncipherment])
        bothUsages = try .extendedKeyUsage([.serverAuth, .clientAuth])
    }

    package func issue(_ template: LeafTemplate, for key: PublicKey) throws(OpenSSLError) -> Certificate {
        try prepare(template, for: key).signed()
    }

    /// Everything but the signature. The validity ends with the authority's own, at the latest.
    package func prepare(_ template: LeafTemplate, for key: PublicKey) throws(OpenSSLError)
        -> UnsignedCertificate
    {
        guard !template.names.isEmpty else {
            throw OpenSSLError("leaf certificate", because: "it would have no name")
        }
        let notAfter = min(template.notAfter, certificate.notAfter)
        guard template.notBefore < notAfter else {
            throw OpenSSLError("leaf certificate", because: "its validity would be empty")
        }
        let made = try unsigned(
            for: key, notBefore: template.notBefore, notAfter: notAfter,
            throwaway: try ThrowawayKey.signer(like: signer.key.publicKey))
        if let commonName = template.commonName { try made.setSubject(commonName: commonName) }
        try made.add(leafConstraints)
        if case .rsa = key.kind { try made.add(leafUsageRSA) } else { try made.add(leafUsage) }
        if template.usages == [.serverAuth, .clientAuth] {
            try made.add(bothUsages)
        } else if !template.usages.isEmpty {
            try made.add(try .extendedKeyUsage(template.usages))
        }
        try made.add(try .subjectKeyIdentifier(key.keyIdentifier))
        if let authorityIdentifier { try made.add(authorityIdentifier) }
        // RFC 5280 section 4.2.1.6: critical when there is no subject.
        try made.add(try .subjectAlternativeName(template.names, isCritical: template.commonName == nil))
        return made
    }

    /// A CA below this one, or another CA's key under this one's name (cross-signing), with the subject given.
    package func issueAuthority(
        commonName: String, for key: PublicKey, notBefore: Int64, notAfter: Int64, pathLength: Int? = nil
    ) throws(OpenSSLError) -> Certificate {
        let made = try unsigned(for: key, notBefore: notBefore, notAfter: min(notAfter, certificate.notAfter))
        try Self.describeAuthority(made, commonName: commonName, key: key, pathLength: pathLength)
        if let authorityIdentifier { try made.add(authorityIdentifier) }
        return try made.signed()
    }

    /// A new root and its key.
    package static func selfSigned(
        commonName: String, algorithm: KeyAlgorithm, notBefore: Int64, notAfter: Int64, pathLength: Int? = nil
    ) throws(OpenSSLError) -> (certificate: Certificate, key: PrivateKey) {
        let key = try PrivateKey.generate(algorithm)
        let made = try UnsignedCertificate.make(
            for: key.publicKey, issuer: nil, notBefore: notBefore, notAfter: notAfter,
            signer: try CertificateSigner(key), throwaway: nil)
        try describeAuthority(made, commonName: commonName, key: key.publicKey, pathLength: pathLength)
        try check("X509_set_issuer_name") {
            X509_set_issuer_name(made.pointer, X509_get_subject_name(made.pointer))
        }
        return (try made.signed(), key)
    }

    private func unsigned(
        for key: PublicKey, notBefore: Int64, notAfter: Int64, throwaway: CertificateSigner? = nil
    ) throws(OpenSSLError) -> UnsignedCertificate {
        try .make(
            for: key, issuer: X509_get_subject_name(certificate.pointer), notBefore: notBefore,
            notAfter: notAfter,
            signer: signer, throwaway: throwaway)
    }

    private static func describeAuthority(
        _ made: borrowing UnsignedCertificate, commonName: String, key: PublicKey, pathLength: Int?
    ) throws(OpenSSLError) {
        try made.setSubject(commonName: commonName)
        try made.add(try .basicConstraints(isAuthority: true, pathLength: pathLength))
        try made.add(try .keyUsage([.keyCertSign, .crlSign]))
        try made.add(try .subjectKeyIdentifier(key.keyIdentifier))
    }
}
