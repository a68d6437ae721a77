// SPDX-License-Identifier: Apache-2.0
import Glibc
import OpenSSL
import SigningProtocol
import Testing

@testable import podmint_agent

@Suite struct PublishedFilesTests {
    private static let now: Int64 = 1_800_000_000
    private let folder = TemporaryFolder()
    private let authority: TestAuthority
    private let set: CertificateSet

    init() throws {
        authority = try TestAuthority()
        set = try authority.makeSet(at: Self.now)
        try Publisher(path: folder.path, mode: FileMode(parsing: "0644") ?? .worldReadable)
            .publish(set, at: Self.now, nonce: 1)
    }

    private func fault() -> SetFault? {
        do throws(SetFault) { _ = try PublishedState.read(folder.path) } catch { return error }
        return nil
    }

    @Test func `reads what was published`() throws {
        let read = try PublishedState.read(folder.path)
        #expect(read.chain == set.chain)
        #expect(read.bundle == set.bundle)
        #expect(read.fault(at: Self.now) == nil)
    }

    @Test(arguments: CertificateFiles.standard.all) func `misses a file`(name: String) {
        unlink("\(folder.path)/..data/\(name)")
        #expect(fault() == .missing(name))
    }

    @Test(arguments: CertificateFiles.standard.all) func `misses a link`(name: String) {
        unlink("\(folder.path)/\(name)")
        #expect(fault() == .missing(name))
    }

    @Test(arguments: CertificateFiles.standard.all) func `notices a file cut short`(name: String) throws {
        truncate("\(folder.path)/..data/\(name)", 40)
        #expect(fault() != nil)
    }

    @Test(arguments: CertificateFiles.standard.all) func `does not read a file without end`(name: String)
        throws
    {
        truncate("\(folder.path)/..data/\(name)", 1 << 30)
        #expect(fault() == .unreadable(name, "read: File too large"))
    }

    @Test func `says when there is nothing yet`() {
        unlink("\(folder.path)/..data")
        #expect(fault() == .nothingPublished)
    }

    @Test func `follows no link out of the volume`() {
        unlink("\(folder.path)/..data")
        symlink("/etc", "\(folder.path)/..data")
        #expect(fault() == .malformed("..data", "leads elsewhere"))
        unlink("\(folder.path)/..data")
        symlink("/etc", "\(folder.path)/..other")
        symlink("..other", "\(folder.path)/..data")
        #expect(fault() != nil)
    }

    @Test func `notices a key of another certificate`() throws {
        let other = try authority.makeSet(at: Self.now)
        let chain = Array(set.chainPEM.utf8)
        other.key.withPEM { key in
            let text = String(decoding: key, as: UTF8.self)
            folder.write("..data/tls.key", text)
            folder.write("..data/tls.pem", text)
        }
        #expect(fault() == .combinedMismatch)
        folder.write("..data/tls.pem", try folder.read("tls.key") + String(decoding: chain, as: UTF8.self))
        #expect(fault() == .keyMismatch)
    }
}
