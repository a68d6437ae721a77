// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import KubernetesClient
internal import Logging
internal import OpenSSL

/// What the server shows in its TLS handshakes, and what others must trust to accept it.
struct ServingIdentity: Sendable {
    private enum Source {
        /// podmint's own CA: a leaf is signed in memory, and again long before it ends.
        case managed(Authority, hosts: [String])
        /// Somebody else's files, read again when they change.
        case files(ServeConfiguration.CertificateFiles)
    }

    private let source: Source
    /// For the webhooks' `caBundle` and for agents (`ServingAnchors`).
    let anchors: [Certificate]
    let context: TLSContext
    /// When what is shown ends, in seconds since the epoch.
    let notAfter: Int64
    /// Seconds since the epoch; nil where the files decide.
    private let renewAt: Int64?

    private static let protocols: [ApplicationProtocol] = [.http2, .http1]
    /// How soon a changed file is noticed, how late a renewal may be, and how long a new anchor has to become known.
    private static let interval = Duration.seconds(60)

    init(managedBy authority: Authority, hosts: [String]) throws(OpenSSLError) {
        let certificate = try ServingCertificate.sign(
            with: authority.issuer, hosts: hosts, now: SystemTime.now)
        source = .managed(authority, hosts: hosts)
        anchors = authority.bundle
        context = try .server(identity: certificate.identity, alpn: Self.protocols)
        notAfter = certificate.identity.certificateChain.first?.notAfter ?? 0
        renewAt = certificate.renewAt
    }

    /// The last certificate of the file is what others are given to trust: the root or intermediate where the chain has
    /// one, else the leaf itself.
    init(files: ServeConfiguration.CertificateFiles) throws(ToolFailure) {
        let identity = try Self.read(files)
        source = .files(files)
        anchors = Array(identity.certificateChain.suffix(1))
        do { context = try .server(identity: identity, alpn: Self.protocols) } catch {
            throw Self.unusable(files, error)
        }
        notAfter = identity.certificateChain.first?.notAfter ?? 0
        renewAt = nil
    }

    /// Until it is cancelled: hands over each new one, once `trusted` holds what it must be trusted by.
    func keep(_ logger: Logger, _ trusted: ServingAnchors, _ replace: (ServingIdentity) -> Void) async {
        var renewAt = renewAt
        var shown = fingerprint
        while (try? await Task.sleep(for: Self.interval)) != nil {
            switch source {
            case .managed(let authority, let hosts):
                guard let due = renewAt, SystemTime.now >= due else { continue }
                guard let next = try? ServingIdentity(managedBy: authority, hosts: hosts) else {
                    logger.error("cannot renew the serving certificate")
                    continue
                }
                renewAt = next.renewAt
                replace(next)
                logger.info("renewed the serving certificate")
            case .files(let files):
                guard let next = try? ServingIdentity(files: files) else {
                    logger.warning(
                        "the serving certificate's files cannot be used; the old one stays",
                        metadata: ["file": "\(files.certificate)"])
                    continue
                }
                guard next.fingerprint != shown else { continue }
                if trusted.add(next.anchors, at: SystemTime.now) {
                    logger.info(
                        "the new serving certificate has another anchor; it is shown once that is known",
                        metadata: ["file": "\(files.certificate)"])
                    guard (try? await Task.sleep(for: Self.interval)) != nil else { return }
                }
                shown = next.fingerprint
                replace(next)
                logger.info("read a new serving certificate", metadata: ["file": "\(files.certificate)"])
            }
        }
    }

    /// Tells one pair of files from the next; empty where podmint signs itself.
    private var fingerprint: [UInt8] {
        guard case .files(let files) = source, let identity = try? Self.read(files) else { return [] }
        return identity.certificateChain.flatMap(\.sha256)
    }

    private static func read(_ files: ServeConfiguration.CertificateFiles) throws(ToolFailure) -> TLSIdentity
    {
        do {
            let chain = try PEM.certificates(
                in: SmallFile.read(files.certificate, limit: 95_000), limits: .chain)
            let bytes = try SmallFile.read(files.key, limit: 13_000)
            let key = try unsafe PrivateKey(pem: bytes.span.bytes)
            return try TLSIdentity(certificateChain: chain, key: key)
        } catch { throw unusable(files, error) }
    }

    private static func unusable(_ files: ServeConfiguration.CertificateFiles, _ error: any Error)
        -> ToolFailure
    {
        .failed(
            "the serving certificate \(files.certificate) with key \(files.key) cannot be used: \(error)",
            hint: "wanted: PEM, leaf first, and the leaf's own unencrypted key; or give neither")
    }
}
