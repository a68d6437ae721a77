// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import SigningProtocol

/// A CA's certificate with those above it, sorted into what stands between a leaf and the bundle, and the bundle.
struct AuthorityChain: Equatable {
    /// As many as an agent takes behind a leaf, and as a verifier goes up.
    static let mostIntermediates = min(ProtocolLimits.chainCertificates - 1, ChainVerifier.depth)
    /// What a bundle may hold, less what users may add.
    static let mostRoots = ProtocolLimits.bundleCertificates - ExtraTrust.mostCertificates
    /// Of DER, which PEM makes a third longer: 177 kB. With what users add (`ExtraTrust.mostBytes`, 222 kB) and a leaf of
    /// a hundred names (50 kB) it stays below `ProtocolLimits.responseBytes`.
    static let mostBytes = 128 * 1024

    let certificate: Certificate
    /// The issuer first: empty where the issuer is a root itself.
    let intermediates: [Certificate]
    let bundle: [Certificate]

    init(_ certificate: Certificate, above: [Certificate] = []) {
        self.certificate = certificate
        let chain = [certificate] + above
        let roots = chain.filter(\.isSelfIssued)
        intermediates = chain.filter { !$0.isSelfIssued }
        // Where no root is given, the topmost certificate is the anchor: most verifiers take it.
        bundle = roots.isEmpty ? Array(chain.suffix(1)) : roots
    }

    /// Why agents would refuse whatever it signs; nil where they take it.
    var excess: String? {
        if intermediates.count > Self.mostIntermediates {
            return "\(intermediates.count) intermediate certificates; agents take \(Self.mostIntermediates)"
        }
        if bundle.count > Self.mostRoots {
            return "\(bundle.count) root certificates; agents take \(Self.mostRoots)"
        }
        let bytes = (intermediates + bundle).reduce(0) { $0 + $1.der.count }
        return bytes > Self.mostBytes
            ? "certificates of \(bytes) bytes; agents take \(Self.mostBytes)" : nil
    }

    /// When the first certificate of the path ends that lasts longest, in seconds since the epoch: leaves that outlive a
    /// root above their issuer would stop verifying before they end.
    var end: Int64 {
        var known: [Certificate: Int64] = [:]
        return end(of: certificate, &known)
    }

    private func end(of lower: Certificate, _ known: inout [Certificate: Int64]) -> Int64 {
        if let end = known[lower] { return end }
        // Also what a circle of cross-signed certificates comes back to.
        known[lower] = lower.notAfter
        guard !lower.isSelfIssued else { return lower.notAfter }
        var longest: Int64?
        for upper in intermediates + bundle
        where upper != lower && lower.namesIssuer(upper) && lower.isSigned(by: upper) {
            longest = max(longest ?? .min, end(of: upper, &known))
        }
        let end = min(lower.notAfter, longest ?? lower.notAfter)
        known[lower] = end
        return end
    }
}
