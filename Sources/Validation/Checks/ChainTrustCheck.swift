// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

extension Check {
    /// ChainIncomplete, UntrustedChain (and what else OpenSSL refuses a chain for), against the Secret's own `ca.crt`.
    /// Without `ca.crt` there is no trust to check against. Validity has its own check.
    static let chainTrust = Check { material, _ in
        guard let entry = material.certificate, let authority = material.authority, let leaf = material.leaf,
            let result = material.trust
        else { return [] }
        guard case .refused(let refusal) = result else {
            return material.issuersUnfit(leaf, entry.certificates.filter { $0 != leaf }, entry, authority)
        }
        switch refusal.cause {
        case .issuerMissing:
            let last = material.path?.certificates.last ?? leaf
            guard material.beyondGap.isEmpty else {
                return [material.incomplete(entry, after: last, authority)]
            }
            // Whether an intermediate or the right root is missing cannot be known without it, so both are said.
            return [
                material.incomplete(entry, after: last, authority),
                material.untrusted(
                    authority, "no certificate in ca.crt has issued \(CertificateText.name(last))"),
            ]
        case .notAnAuthority:
            return [material.refused(.notCA, entry, refusal, "issuers that are CA certificates")]
        case .pathLength:
            return [material.refused(.pathLength, entry, refusal, "a chain within its path lengths")]
        case .nameConstraints:
            return [
                material.refused(.nameConstraints, entry, refusal, "names that the issuers may vouch for")
            ]
        default:
            return [
                material.untrusted(authority, "the chain of \(CertificateText.name(leaf)) fails: \(refusal)")
            ]
        }
    }
}

extension SecretMaterial {
    /// Issuers in `tls.crt` that lead to `ca.crt`, while the chain of the leaf stops below them: a link is missing between, and the
    /// trust is the right one.
    func findBeyondGap() -> [Certificate] {
        guard let entry = certificate, let authority, authority.isSound, let path = path?.certificates,
            let last = path.last, !last.isSelfIssued
        else { return [] }
        let outside = entry.certificates.filter { $0.isCA && !$0.isSelfIssued && !path.contains($0) }
        guard !outside.isEmpty, !last.isSigned(byOneOf: authority.certificates) else { return [] }
        var leading: [Certificate] = []
        var asked = 0
        for issuer in outside where !leading.contains(issuer) && asked < Self.mostAsked {
            asked += 1
            let result = ChainVerifier.verify(
                leaf: issuer, intermediates: outside, anchors: authority.certificates, at: nil)
            // All on its way lead there too.
            if case .trusted(let chain) = result { leading += outside.filter(chain.contains) }
        }
        return leading
    }

    /// Nine signatures each. A file in order is answered by the first.
    private static let mostAsked = 2

    /// An issuer's own extendedKeyUsage narrows what those below may be used for. (The leaf's has its own check.)
    fileprivate func issuersUnfit(
        _ leaf: Certificate, _ intermediates: [Certificate], _ entry: CertificateEntry,
        _ authority: CertificateEntry
    ) -> [Fault] {
        guard let usage = expectation.usage else { return [] }
        let result = ChainVerifier.verify(
            leaf: leaf, intermediates: intermediates, anchors: authority.certificates, at: nil,
            purpose: usage.purpose)
        guard case .refused(let refusal) = result, refusal.cause == .usage, refusal.depth > 0 else {
            return []
        }
        return [refused(.extendedKeyUsage, entry, refusal, "issuers that may issue for \(usage.text)")]
    }

    fileprivate func incomplete(
        _ entry: CertificateEntry, after last: Certificate, _ authority: CertificateEntry
    ) -> Fault {
        fault(
            .chainIncomplete, entry.field,
            found:
                "the chain stops at \(CertificateText.name(last)); no certificate for its issuer \(CertificateText.issuer(last)) in tls.crt or ca.crt",
            wanted: "every intermediate up to a certificate in ca.crt",
            fix: "Append the missing intermediate, leaf first: cat leaf.crt intermediate.crt > tls.crt.")
    }

    fileprivate func untrusted(_ authority: CertificateEntry, _ found: String) -> Fault {
        let anchors = authority.certificates.prefix(3).map(CertificateText.name).joined(separator: ", ")
        return fault(
            .untrustedChain, authority.field, found: found,
            wanted:
                "a chain that leads to a certificate in ca.crt (\(anchors)\(authority.certificates.count > 3 ? ", …" : ""))",
            fix:
                "Put the root that issued the chain into ca.crt, or leave ca.crt out; try: openssl verify -CAfile ca.crt -untrusted tls.crt tls.crt."
        )
    }

    fileprivate func refused(
        _ code: FaultCode, _ entry: CertificateEntry, _ refusal: ChainFault, _ wanted: String
    ) -> Fault {
        fault(
            code, entry.field, found: "\(refusal)", wanted: wanted,
            fix:
                "Have the certificate issued by an authority that may; see: openssl x509 -in tls.crt -noout -text."
        )
    }
}

extension Certificate {
    /// Whether the signature is of one of them. Of many with one name only the likely ones are asked.
    fileprivate func isSigned(byOneOf anchors: [Certificate]) -> Bool {
        likelyIssuers(in: anchors).prefix(4).contains { isSigned(by: anchors[$0]) }
    }
}
