// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import SigningProtocol

/// A private key, the chain for it and the authorities to trust: what one publication holds.
///
/// Exists only when the parts belong together: the leaf is first and is the key's, the bundle is not empty.
/// Whether it is good now is asked with a time.
struct CertificateSet {
    let key: PrivateKey
    /// Leaf, then intermediates.
    let chain: [Certificate]
    let bundle: [Certificate]
    let leaf: Certificate

    init(key: PrivateKey, chain: [Certificate], bundle: [Certificate]) throws(SetFault) {
        guard let leaf = chain.first else {
            throw .malformed(CertificatePaths.certificate, "holds no certificate")
        }
        guard !bundle.isEmpty else { throw .malformed(CertificatePaths.bundle, "holds no certificate") }
        guard key.matches(leaf) else { throw .keyMismatch }
        self.key = key
        self.chain = chain
        self.bundle = bundle
        self.leaf = leaf
    }

    /// Nil when a peer that trusts the bundle accepts the chain at that time.
    func fault(at now: Int64) -> SetFault? {
        if now >= leaf.notAfter { return .expired(leaf.notAfter) }
        if now < leaf.notBefore { return .notYetValid(leaf.notBefore) }
        let result = ChainVerifier.verify(
            leaf: leaf, intermediates: Array(chain.dropFirst()), anchors: bundle, at: now, purpose: .any)
        if case .refused(let fault) = result { return .untrusted("\(fault)") }
        return nil
    }

    func schedule(lifetime: CertificateLifetime, renewBefore: Int64?) -> RenewalSchedule {
        RenewalSchedule(
            notBefore: leaf.notBefore, notAfter: leaf.notAfter, digest: leaf.sha256,
            lifetime: lifetime.seconds,
            renewBefore: renewBefore)
    }

    var chainPEM: String { chain.map(\.pem).joined() }
    var bundlePEM: String { bundle.map(\.pem).joined() }
}

/// What is wrong with a set of files, or with what podmint answered.
enum SetFault: Error, Equatable, CustomStringConvertible {
    case nothingPublished
    case missing(String)
    case unreadable(String, String)
    case malformed(String, String)
    case keyMismatch
    case combinedMismatch
    case expired(Int64)
    case notYetValid(Int64)
    case untrusted(String)

    var description: String {
        switch self {
        case .nothingPublished: "no certificate has been published yet"
        case .missing(let name): "\(name) is missing"
        case .unreadable(let name, let reason): "\(name) cannot be read: \(reason)"
        case .malformed(let name, let reason): "\(name) \(reason)"
        case .keyMismatch: "the certificate is for another key"
        case .combinedMismatch: "tls.pem differs from tls.key and tls.crt"
        case .expired(let time): "the certificate expired at \(UTCTime.text(time))"
        case .notYetValid(let time): "the certificate is not valid before \(UTCTime.text(time))"
        case .untrusted(let reason): "the chain does not lead to the bundle: \(reason)"
        }
    }
}
