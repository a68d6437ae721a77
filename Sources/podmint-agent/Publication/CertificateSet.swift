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
    /// podmint's authorities, to one of which the chain leads.
    let bundle: [Certificate]
    /// What the pod or its policy wants trusted besides: none of it is in `bundle`.
    private(set) var merged: [Certificate]
    let leaf: Certificate

    init(
        key: PrivateKey, chain: [Certificate], bundle: [Certificate], merging others: [Certificate] = []
    ) throws(SetFault) {
        let files = CertificateFiles.standard
        guard let leaf = chain.first else { throw .malformed(files.certificate, "holds no certificate") }
        guard !bundle.isEmpty else { throw .malformed(files.bundle, "holds no certificate") }
        guard key.matches(leaf) else { throw .keyMismatch }
        self.key = key
        self.chain = chain
        self.bundle = bundle
        merged = others.filter { !bundle.contains($0) }
        self.leaf = leaf
    }

    func merging(_ others: [Certificate]) -> CertificateSet {
        var set = self
        set.merged = others.filter { !bundle.contains($0) }
        return set
    }

    /// What the app shall trust.
    var trusted: [Certificate] { bundle + merged }

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
    var trustedPEM: String { trusted.map(\.pem).joined() }
}

/// What is wrong with a set of files, or with what podmint answered.
enum SetFault: Error, Equatable, CustomStringConvertible {
    case nothingPublished
    case missing(String)
    case unreadable(String, String)
    case malformed(String, String)
    /// This process has no room for the key now, and knows nothing of it.
    case noRoom(String)
    case keyMismatch
    case combinedMismatch
    case keystoreMismatch(String)
    case expired(Int64)
    case notYetValid(Int64)
    case untrusted(String)

    var description: String {
        switch self {
        case .nothingPublished: "no certificate has been published yet"
        case .missing(let name): "\(name) is missing"
        case .unreadable(let name, let reason): "\(name) cannot be read: \(reason)"
        case .malformed(let name, let reason): "\(name) \(reason)"
        case .noRoom(let name): "there is no locked memory left to read \(name)"
        case .keyMismatch: "the certificate is for another key"
        case .combinedMismatch: "the file of key and chain differs from the key and the chain"
        case .keystoreMismatch(let name): "\(name) does not open with the password"
        case .expired(let time): "the certificate expired at \(UTCTime.text(time))"
        case .notYetValid(let time): "the certificate is not valid before \(UTCTime.text(time))"
        case .untrusted(let reason): "the chain does not lead to the bundle: \(reason)"
        }
    }
}
