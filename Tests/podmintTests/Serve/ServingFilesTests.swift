// SPDX-License-Identifier: Apache-2.0
import Glibc
import KubernetesClient
import Logging
import OpenSSL
import Synchronization
import Telemetry
import Testing

@testable import podmint

@Suite(.timeLimit(.minutes(1))) final class ServingFilesTests: Sendable {
    private struct Lines: LineSink {
        let add: @Sendable (String) -> Void
        func write(line: [UInt8]) throws(LineSinkError) { add(String(decoding: line, as: UTF8.self)) }
    }

    private let folder: String
    private let files: ServeConfiguration.CertificateFiles
    private let lines = Mutex<[String]>([])
    private let shown = Mutex<[TLSIdentity]>([])
    private let ticker = Ticker()

    init() throws {
        var template = Array("/tmp/podmint-serving-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LineSinkError(reason: "no folder") }
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

    @Test func `a changed pair is shown; one written by half, or without its key, is not, and is told once`()
        async throws
    {
        let (theirs, other) = (try authority(), try authority())
        let (first, second, third) = (try pair(theirs), try pair(theirs), try pair(other))
        write(first.certificate, to: files.certificate)
        write(first.key, to: files.key)
        let serving = try ServingFiles(files, clock: ticker.clock)
        let anchors = ServingAnchors(serving.anchors, changed: [])
        #expect(anchors.certificates == [theirs.certificate])
        let logger = Logger(label: "test") { _ in
            TextLogHandler(level: .info, sink: Lines { line in self.lines.withLock { $0.append(line) } })
        }
        let keeper = Task {
            await serving.keep(anchors, logger) { next in self.shown.withLock { $0.append(next) } }
        }
        write(String(second.certificate.prefix(200)), to: files.certificate)
        for _ in 0..<3 { await ticker.tick() }
        write(second.certificate, to: files.certificate)
        for _ in 0..<3 { await ticker.tick() }
        #expect(shown.withLock { $0.isEmpty })
        #expect(lines.withLock { $0.filter { $0.contains("the old one stays") }.count } == 2)
        write(second.key, to: files.key)
        await ticker.tick()
        #expect(shown.withLock { $0.map { $0.certificateChain[0].pem } } == [leaf(second)])
        // Of another CA: trusted first, shown later.
        write(third.certificate, to: files.certificate)
        write(third.key, to: files.key)
        await ticker.tick()
        #expect(shown.withLock { $0.count } == 1)
        #expect(anchors.certificates == [theirs.certificate, other.certificate])
        #expect(anchors.shown == [theirs.certificate])
        await ticker.tick()
        #expect(shown.withLock { $0.last?.certificateChain[0].pem } == leaf(third))
        #expect(anchors.shown == [other.certificate])
        keeper.cancel()
        await keeper.value
    }

    private func leaf(_ pair: (certificate: String, key: String)) -> String? {
        try? PEM.certificates(in: pair.certificate).first?.pem
    }
}
