// SPDX-License-Identifier: Apache-2.0
import Glibc
import OpenSSL
import SigningProtocol
import Synchronization
import Testing

@testable import podmint_agent

@Suite struct PublisherTests {
    private static let now: Int64 = 1_800_000_000
    private let folder = TemporaryFolder()
    private let authority: TestAuthority

    init() throws { authority = try TestAuthority() }

    private var publisher: Publisher { Publisher(path: folder.path, mode: .groupReadable) }

    private func publish(
        _ set: CertificateSet, _ publisher: Publisher? = nil, nonce: UInt32 = .random(in: 0 ... .max)
    ) throws {
        try (publisher ?? self.publisher).publish(set, at: Self.now, nonce: nonce)
    }

    @Test func `publishes four files behind one link`() throws {
        let set = try authority.makeSet(at: Self.now)
        try publish(set, nonce: 7)
        #expect(
            folder.entries == [
                "..2027_01_15_08_00_00.7", "..data", "ca.crt", "tls.crt", "tls.key", "tls.pem",
            ])
        #expect(try folder.read("tls.crt") == set.chainPEM)
        #expect(try folder.read("ca.crt") == set.bundlePEM)
        #expect(try folder.read("tls.pem") == folder.read("tls.key") + folder.read("tls.crt"))
        #expect(try folder.read("tls.pem").hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        #expect(try PublishedState.read(folder.path).leaf == set.leaf)
    }

    @Test func `gives exactly the permissions asked for, and the volume's group`() throws {
        chown(folder.path, getuid(), 4242)
        chmod(folder.path, 0o2777)
        let before = umask(0o077)
        defer { umask(before) }
        try publish(try authority.makeSet(at: Self.now))
        for file in CertificateFiles.standard.all {
            #expect(folder.status(file).st_mode & 0o7777 == 0o440)
            #expect(folder.status(file).st_gid == folder.status(".").st_gid)
        }
        #expect(folder.status("..data").st_mode & 0o7777 == 0o2750)
        try Publisher(path: folder.path, mode: .worldReadable).publish(
            try authority.makeSet(at: Self.now), at: Self.now, nonce: 1)
        #expect(folder.status("tls.key").st_mode & 0o7777 == 0o444)
        #expect(folder.status("..data").st_mode & 0o777 == 0o755)
    }

    @Test func `keeps the former set for those who read it, until told to tidy`() throws {
        try publish(try authority.makeSet(at: Self.now))
        try publish(try authority.makeSet(at: Self.now))
        #expect(folder.entries.filter { $0.hasPrefix("..2") }.count == 2)
        try publisher.removeLeftovers()
        #expect(folder.entries.filter { $0.hasPrefix("..2") }.count == 1)
        _ = try PublishedState.read(folder.path)
    }

    @Test func `a crash at any step leaves a working set, and the next publication cleans up`() throws {
        struct Crash: Error {}
        var steps: [PublicationStep] = []
        var recorder = publisher
        recorder.afterStep = { steps.append($0) }
        try publish(try authority.makeSet(at: Self.now), recorder)
        #expect(steps.count == 14)
        for (step, index) in zip(steps, 0...) {
            let (former, next) = (try authority.makeSet(at: Self.now), try authority.makeSet(at: Self.now))
            try publish(former)
            var crashing = publisher
            crashing.afterStep = { if $0 == step { throw Crash() } }
            if case .linked = step { continue }
            #expect(throws: Crash.self) { try publish(next, crashing) }
            let isSwitched = index >= (steps.firstIndex(of: .switched) ?? .max)
            #expect(try PublishedState.read(folder.path).leaf == (isSwitched ? next : former).leaf, "\(step)")
            try publish(try authority.makeSet(at: Self.now))
            try publisher.removeLeftovers()
            #expect(folder.entries.count == 6, "\(step)")
        }
    }

    @Test func `a crash at any step of the first publication leaves nothing or everything`() throws {
        struct Crash: Error {}
        for index in 0..<14 {
            let folder = TemporaryFolder()
            var step = 0
            var publisher = Publisher(path: folder.path, mode: .worldReadable)
            publisher.afterStep = { _ in
                defer { step += 1 }
                if step == index { throw Crash() }
            }
            #expect(throws: Crash.self) {
                try publisher.publish(try authority.makeSet(at: Self.now), at: Self.now, nonce: 1)
            }
            let visible = CertificateFiles.standard.all.filter { access("\(folder.path)/\($0)", R_OK) == 0 }
            #expect(visible.isEmpty || visible.count == 4, "after step \(index)")
            publisher.afterStep = { _ in }
            try publisher.publish(try authority.makeSet(at: Self.now), at: Self.now, nonce: 2)
            _ = try PublishedState.read(folder.path)
        }
    }

    @Test func `readers never see parts of two sets`() throws {
        let sets = try (0..<8).map { _ in try authority.makeSet(at: Self.now) }
        try publish(sets[0])
        let path = folder.path
        let shared = Watch()
        BlockingThread.start {
            while shared.state.withLock({ !$0.isOver }) {
                let mixed = Self.mixture(in: path)
                shared.state.withLock {
                    $0.readings += 1
                    if let mixed { $0.mixed.append(mixed) }
                }
            }
            shared.state.withLock { $0.isOver = false }
        }
        var published = 0
        while shared.state.withLock({ $0.readings < 300 }) || published < 100 {
            try publish(sets[published % 8])
            published += 1
        }
        shared.state.withLock { $0.isOver = true }
        while shared.state.withLock(\.isOver) { usleep(1000) }
        #expect(shared.state.withLock(\.mixed) == [])
    }

    /// One look at the set and one at `tls.pem` alone. Nil when whole; that two publications within one reading
    /// take the folder away is fine, as with the kubelet.
    private static func mixture(in path: String) -> String? {
        do throws(SetFault) { _ = try PublishedState.read(path) } catch {
            switch error {
            case .missing, .unreadable: break
            default: return "\(error)"
            }
        }
        guard let combined = try? TextFile.read("\(path)/tls.pem", limit: 1 << 20) else { return nil }
        let end = "-----END PRIVATE KEY-----\n"
        guard let key = try? PrivateKey(pem: SecretBytes(copying: Array(combined.utf8).span.bytes)),
            let chain = combined.split(separator: end, maxSplits: 1).last,
            let leaf = try? PEM.certificates(in: String(chain)).first, key.matches(leaf)
        else { return combined }
        return nil
    }

    @Test func `repairs links that somebody replaced`() throws {
        try publish(try authority.makeSet(at: Self.now))
        unlink("\(folder.path)/tls.key")
        folder.write("tls.key", "not a key")
        #expect(throws: SetFault.missing("tls.key")) { try PublishedState.read(folder.path) }
        try publish(try authority.makeSet(at: Self.now))
        _ = try PublishedState.read(folder.path)
    }

    @Test func `does not touch what is not its own`() throws {
        folder.write("app.conf", "mine")
        folder.write("..leftover", "of a crash")
        try publish(try authority.makeSet(at: Self.now))
        #expect(try folder.read("app.conf") == "mine")
        #expect(!folder.entries.contains("..leftover"))
    }
}

/// What a reading thread saw, and whether it shall end.
private final class Watch: Sendable {
    struct State {
        var readings = 0
        var mixed: [String] = []
        var isOver = false
    }

    let state = Mutex(State())
}
