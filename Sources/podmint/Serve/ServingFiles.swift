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
    /// How long agents have at least to learn of a new anchor before what it is for is shown. Seconds: kubelets bring
    /// podmint-root into pods about once a minute.
    static let notice: Int64 = 60
    /// So long before the old pair ends the new one is shown whoever trusts it: nobody takes the old one then.
    static let margin: Int64 = 300

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
        _ anchors: ServingAnchors, _ logger: Logger, isAdmitted: @escaping @Sendable (Certificate) -> Bool,
        _ show: @escaping @Sendable (TLSIdentity) -> Void
    ) async {
        var (seen, shown) = (stamps, identity.certificateChain)
        var waiting: Waiting?
        let file: Logger.Metadata = ["file": "\(files.certificate)"]
        while (try? await clock.sleep(Self.interval)) != nil {
            let found = FileStamp.of(files.certificate, files.key)
            if found != seen {
                seen = found
                do {
                    let next = try Self.read(files)
                    let isShown = next.certificateChain == shown
                    waiting =
                        isShown ? nil : wait(for: next, after: waiting, replacing: shown, anchors, logger)
                } catch {
                    logger.warning(
                        "the new serving certificate cannot be used; the old one stays", failure: error, file)
                }
            }
            guard let next = waiting else { continue }
            let isKnown = next.isKnown || Self.anchors(next.identity).allSatisfy(isAdmitted)
            guard (isKnown && calendar() >= next.from) || calendar() >= next.until else { continue }
            if !isKnown {
                logger.warning(
                    "the webhooks do not trust the new serving certificate yet, and the old one is about to end",
                    metadata: file)
            }
            waiting = nil
            shown = next.identity.certificateChain
            anchors.show(Self.anchors(next.identity))
            show(next.identity)
            logger.info("read a new serving certificate", metadata: file)
        }
    }

    /// A pair that is shown when its anchor is known to who must trust it.
    private struct Waiting {
        let identity: TLSIdentity
        /// What is shown now has the same anchor.
        let isKnown: Bool
        /// Seconds since the epoch: not before this.
        let from: Int64
        /// Not after this, whoever trusts it.
        let until: Int64
    }

    private func wait(
        for next: TLSIdentity, after former: Waiting?, replacing shown: [Certificate],
        _ anchors: ServingAnchors, _ logger: Logger
    ) -> Waiting {
        let now = calendar()
        let isKnown = Self.anchors(next).allSatisfy(anchors.shown.contains)
        let isNew = anchors.add(Self.anchors(next), at: now)
        if isNew {
            logger.info(
                "the new serving certificate has another anchor; it is shown once the webhooks trust that",
                metadata: ["file": "\(files.certificate)"])
        }
        return Waiting(
            identity: next, isKnown: isKnown,
            from: isKnown ? now : isNew ? now + Self.notice : former?.from ?? now,
            until: (shown.first?.notAfter ?? now) - Self.margin)
    }

    private static func read(_ files: ServeConfiguration.CertificateFiles) throws -> TLSIdentity {
        let chain = try PEM.certificates(
            in: SmallFile.read(files.certificate, limit: 95_000), limits: .chain)
        let key = try PrivateKey(pem: SmallFile.readSecret(files.key, limit: 13_000))
        return try TLSIdentity(certificateChain: chain, key: key)
    }
}
