// SPDX-License-Identifier: Apache-2.0
import Glibc
import KubernetesClient
import OpenSSL
import Synchronization
import Testing

@testable import podmint

@Suite(.timeLimit(.minutes(1))) final class ServingFilesTests: Sendable {
    private struct NoFolder: Error {}

    private let folder: String
    private let files: ServeConfiguration.CertificateFiles
    private let log = RecordedLog()
    private let shown = Mutex<[TLSIdentity]>([])
    private let ticker = Ticker()

    init() throws {
        var template = Array("/tmp/podmint-serving-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw NoFolder() }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        files = .init(certificate: "\(folder)/tls.crt", key: "\(folder)/tls.key")
    }

    deinit {
        unlink(files.certificate)
        unlink(files.key)
        rmdir(folder)
    }

    private func write(_ text: String, to path: String) {
        // As a new file: what a change looks like whatever the file system's clock.
        unlink("\(path).new")
        guard let file = fopen("\(path).new", "w") else { return }
        fwrite(text, 1, text.utf8.count, file)
        fclose(file)
        rename("\(path).new", path)
    }

    private func pair(_ authority: CertificateIssuer) throws -> (certificate: String, key: String) {
        let key = try PrivateKey.generate(.ecdsaP256)
        let template = LeafTemplate(
            names: [.dns("podmint")], notBefore: SystemTime.now - 60, notAfter: SystemTime.now + 3600)
        let leaf = try authority.issue(template, for: key.publicKey)
        return (
            leaf.pem + authority.certificate.pem, key.withPEM { String(decoding: $0, as: UTF8.self) }
        )
    }

    private func authority() throws -> CertificateIssuer {
        let made = try CertificateIssuer.selfSigned(
            commonName: "theirs", algorithm: .ecdsaP256, notBefore: SystemTime.now - 60,
            notAfter: SystemTime.now + 7200)
        return try CertificateIssuer(certificate: made.certificate, key: made.key)
    }

    private let now = Mutex(SystemTime.now)
    private let admitted = Mutex<[Certificate]>([])

    /// While the files, which hold that pair at first, are followed.
    private func following(
        _ first: (certificate: String, key: String), _ look: (ServingAnchors) async throws -> Void
    ) async throws {
        write(first.certificate, to: files.certificate)
        write(first.key, to: files.key)
        let serving = try ServingFiles(files, clock: ticker.clock, calendar: { self.now.withLock { $0 } })
        let anchors = ServingAnchors(serving.anchors, changed: [])
        let keeper = Task {
            await serving.keep(
                anchors, log.logger, isAdmitted: { anchor in self.admitted.withLock { $0.contains(anchor) } }
            ) { next in self.shown.withLock { $0.append(next) } }
        }
        defer { keeper.cancel() }
        try await look(anchors)
        keeper.cancel()
        await keeper.value
    }

    @Test func `a changed pair is shown; one written by half, or without its key, is not, and is told once`()
        async throws
    {
        let theirs = try authority()
        let (first, second) = (try pair(theirs), try pair(theirs))
        try await following(first) { anchors in
            #expect(anchors.certificates == [theirs.certificate])
            write(String(second.certificate.prefix(200)), to: files.certificate)
            for _ in 0..<3 { await ticker.tick() }
            write(second.certificate, to: files.certificate)
            for _ in 0..<3 { await ticker.tick() }
            #expect(shown.withLock { $0.isEmpty })
            #expect(log.count(of: "the old one stays") == 2)
            write(second.key, to: files.key)
            await ticker.tick()
            #expect(shown.withLock { $0.map { $0.certificateChain[0].pem } } == [leaf(second)])
        }
    }

    @Test
    func `a pair of another CA is shown once the webhooks trust that, and agents had time to learn of it`()
        async throws
    {
        let (theirs, other) = (try authority(), try authority())
        let (first, second, third) = (try pair(theirs), try pair(other), try pair(other))
        try await following(first) { anchors in
            write(second.certificate, to: files.certificate)
            write(second.key, to: files.key)
            await ticker.tick()
            #expect(anchors.certificates == [theirs.certificate, other.certificate])
            now.withLock { $0 += 10 * ServingFiles.notice }
            await ticker.tick()
            #expect(shown.withLock { $0.isEmpty } && anchors.shown == [theirs.certificate])
            // Changed once more meanwhile: the newest is what is waited with.
            write(third.certificate, to: files.certificate)
            write(third.key, to: files.key)
            await ticker.tick()
            #expect(shown.withLock { $0.isEmpty })
            admitted.withLock { $0 = [other.certificate] }
            await ticker.tick()
            #expect(shown.withLock { $0.map { $0.certificateChain[0].pem } } == [leaf(third)])
            #expect(anchors.shown == [other.certificate])
        }
        #expect(log.count(of: "has another anchor") == 1)
    }

    @Test func `agents have a minute, though the webhooks trust it at once`() async throws {
        let (theirs, other) = (try authority(), try authority())
        let (first, second) = (try pair(theirs), try pair(other))
        admitted.withLock { $0 = [other.certificate] }
        try await following(first) { _ in
            write(second.certificate, to: files.certificate)
            write(second.key, to: files.key)
            await ticker.tick()
            #expect(shown.withLock { $0.isEmpty })
            now.withLock { $0 += ServingFiles.notice }
            await ticker.tick()
            #expect(shown.withLock { $0.count } == 1)
        }
    }

    @Test func `a pair that is about to end gives way to one that the webhooks do not trust`() async throws {
        let (theirs, other) = (try authority(), try authority())
        let (first, second) = (try pair(theirs), try pair(other))
        try await following(first) { _ in
            write(second.certificate, to: files.certificate)
            write(second.key, to: files.key)
            await ticker.tick()
            // It lives for an hour.
            now.withLock { $0 += 3600 - ServingFiles.margin }
            await ticker.tick()
            #expect(shown.withLock { $0.map { $0.certificateChain[0].pem } } == [leaf(second)])
        }
        #expect(log.count(of: "the old one is about to end") == 1)
    }

    private func leaf(_ pair: (certificate: String, key: String)) -> String? {
        try? PEM.certificates(in: pair.certificate).first?.pem
    }
}
