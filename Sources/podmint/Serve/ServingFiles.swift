// SPDX-License-Identifier: Apache-2.0
internal import KubernetesClient
internal import Logging
internal import OpenSSL

/// Serves with somebody else's certificate, read again when its files change. A pair that cannot be used (written by
/// half, the key of another) changes nothing, and is told once.
struct ServingFiles: ServingSource {
    let identity: TLSIdentity
    private let files: ServeConfiguration.CertificateFiles
    private let clock: WaitingClock
    private let calendar: @Sendable () -> Int64
    private let stamps: [FileStamp?]

    /// How soon a changed file is noticed: two stat(2) calls each time.
    private static let interval = Duration.seconds(5)
    /// How long a new anchor has to become known before what it is for is shown.
    static let notice = Duration.seconds(60)

    init(
        _ files: ServeConfiguration.CertificateFiles, clock: WaitingClock = .system,
        calendar: @escaping @Sendable () -> Int64 = { SystemTime.now }
    ) throws(ToolFailure) {
        self.files = files
        self.clock = clock
        self.calendar = calendar
        // Before reading: what changes meanwhile is read again.
        stamps = FileStamp.of(files.certificate, files.key)
        do { identity = try Self.read(files) } catch {
            throw .failed(
                "the serving certificate \(files.certificate) with key \(files.key) cannot be used: \(error)",
                hint: "wanted: PEM, leaf first, and the leaf's own unencrypted key; or give neither")
        }
    }

    var anchors: [Certificate] { Self.anchors(identity) }

    /// The last certificate of the file is what others are given to trust: the root or intermediate where the chain has
    /// one, else the leaf itself.
    private static func anchors(_ identity: TLSIdentity) -> [Certificate] {
        Array(identity.certificateChain.suffix(1))
    }

    func keep(
        _ anchors: ServingAnchors, _ logger: Logger, _ show: @escaping @Sendable (TLSIdentity) -> Void
    ) async {
        var (seen, shown) = (stamps, identity.certificateChain)
        while (try? await clock.sleep(Self.interval)) != nil {
            let found = FileStamp.of(files.certificate, files.key)
            guard found != seen else { continue }
            seen = found
            let file: Logger.Metadata = ["file": "\(files.certificate)"]
            let next: TLSIdentity
            do { next = try Self.read(files) } catch {
                logger.warning(
                    "the new serving certificate cannot be used; the old one stays", failure: error, file)
                continue
            }
            guard next.certificateChain != shown else { continue }
            if anchors.add(Self.anchors(next), at: calendar()) {
                logger.info(
                    "the new serving certificate has another anchor; it is shown once that is known",
                    metadata: file)
                guard (try? await clock.sleep(Self.notice)) != nil else { return }
            }
            shown = next.certificateChain
            anchors.show(Self.anchors(next))
            show(next)
            logger.info("read a new serving certificate", metadata: file)
        }
    }

    private static func read(_ files: ServeConfiguration.CertificateFiles) throws -> TLSIdentity {
        let chain = try PEM.certificates(
            in: SmallFile.read(files.certificate, limit: 95_000), limits: .chain)
        let key = try PrivateKey(pem: SmallFile.readSecret(files.key, limit: 13_000))
        return try TLSIdentity(certificateChain: chain, key: key)
    }
}
