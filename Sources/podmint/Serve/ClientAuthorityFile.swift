// SPDX-License-Identifier: Apache-2.0
internal import KubernetesClient
internal import Logging
internal import OpenSSL

/// `--client-ca`: whose client certificates open the listener for the API server. Read again when it changes; a file
/// that cannot be used changes nothing, and is told once.
struct ClientAuthorityFile: Sendable {
    let certificates: [Certificate]
    private let path: String
    private let clock: WaitingClock
    private let stamp: [FileStamp?]

    private static let interval = Duration.seconds(5)

    init(_ path: String, clock: WaitingClock = .system) throws(ToolFailure) {
        self.path = path
        self.clock = clock
        stamp = FileStamp.of(path)
        do { certificates = try Self.read(path) } catch {
            throw .failed(
                "--client-ca \(path) cannot be used: \(error)",
                hint: "wanted: PEM certificates of the CAs whose client certificates the API server shows")
        }
    }

    /// Until it is cancelled.
    func keep(_ logger: Logger, _ admit: ([Certificate]) throws -> Void) async {
        var seen = stamp
        while (try? await clock.sleep(Self.interval)) != nil {
            let found = FileStamp.of(path)
            guard found != seen else { continue }
            seen = found
            do {
                try admit(try Self.read(path))
                logger.info("read new client authorities", metadata: ["file": "\(path)"])
            } catch {
                logger.warning(
                    "the new client authorities cannot be used; the old ones stay", failure: error,
                    ["file": "\(path)"])
            }
        }
    }

    private static func read(_ path: String) throws -> [Certificate] {
        try PEM.certificates(in: SmallFile.read(path, limit: 256 * 1024), limits: .bundle)
    }
}
