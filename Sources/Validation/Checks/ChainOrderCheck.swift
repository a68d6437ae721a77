// SPDX-License-Identifier: Apache-2.0
package import OpenSSL

/// The way from the leaf upwards through the certificates of `tls.crt`, by signature.
package struct ChainPath {
    /// Positions in the entry, the leaf's first.
    let positions: [Int]
    package let certificates: [Certificate]

    /// A chain of ten takes nine signatures. More are checked only where several issuers have one name, and those that the key
    /// identifiers speak for come first: whoever makes a ring of them gets so many guesses and no more.
    static let signatures = 12

    package init(from leaf: Certificate, in entry: [Certificate]) {
        var positions = [entry.firstIndex(of: leaf) ?? 0]
        var certificates = [leaf]
        var left = Self.signatures
        while let last = certificates.last, !last.isSelfIssued {
            let guesses = last.likelyIssuers(in: entry).filter {
                !positions.contains($0) && !certificates.contains(entry[$0])
            }.prefix(left)
            let next = guesses.firstIndex { last.isSigned(by: entry[$0]) }
            left -= next.map { $0 + 1 } ?? guesses.count
            guard let next = next.map({ guesses[$0] }) else { break }
            positions.append(next)
            certificates.append(entry[next])
        }
        self.positions = positions
        self.certificates = certificates
    }

    /// Leaf first, each next one signing the one before; others may stand between (that is SurplusCertificate).
    var isInOrder: Bool { positions.first == 0 && zip(positions, positions.dropFirst()).allSatisfy(<) }
}

extension Check {
    /// ChainOrder: TLS sends `tls.crt` as it stands, and clients expect the leaf first.
    static let chainOrder = Check { material, _ in
        guard let entry = material.certificate, let path = material.path else { return [] }
        guard !path.isInOrder else { return [] }
        let found = entry.certificates.map(CertificateText.name).joined(separator: ", ")
        let wanted = path.certificates.map(CertificateText.name).joined(separator: ", ")
        return [
            material.fault(
                .chainOrder, entry.field, found: "the certificates stand in the order \(found)",
                wanted: "the leaf first, then each issuer: \(wanted)",
                fix: "Put them together anew: cat leaf.crt intermediate.crt > tls.crt.")
        ]
    }

    /// RootInChain, SurplusCertificate: what costs each handshake bytes and helps nobody.
    static let rootsAndSurplus = Check { material, _ in
        guard let entry = material.certificate, let path = material.path, let leaf = material.leaf else {
            return []
        }
        // What the missing link would lead to is no surplus.
        let beyondGap = material.beyondGap
        return entry.certificates.enumerated().compactMap { position, certificate in
            if certificate != leaf, certificate.isSelfIssued {
                return material.fault(
                    .rootInChain, entry.field, found: "\(CertificateText.name(certificate)) is a root",
                    wanted: "the leaf and intermediates only",
                    fix: "Take it out of tls.crt: clients trust their own copy, which belongs in ca.crt.")
            }
            // One that stands twice is told as such.
            guard !path.positions.contains(position), !beyondGap.contains(certificate),
                entry.certificates.firstIndex(of: certificate) == position
            else { return nil }
            return material.fault(
                .surplusCertificate, entry.field,
                found:
                    "\(CertificateText.name(certificate)) is not part of the chain of \(CertificateText.name(leaf))",
                wanted: "the leaf and its issuers only", fix: "Take it out of tls.crt.")
        }
    }
}
