// SPDX-License-Identifier: Apache-2.0
import Glibc
import OpenSSL
import SigningProtocol
import Testing

@testable import podmint_agent

/// What it publishes, and what becomes of what it has published.
@Suite struct AgentPublishingTests: AgentTesting {
    private static let now: Int64 = 1_800_000_000
    let folder = TemporaryFolder()
    let authority: TestAuthority
    let clock = VirtualClock(wall: now)

    init() throws { authority = try TestAuthority() }

    @Test func `never publishes what is not for its key, not trusted, not valid or cut`() throws {
        let stranger = try TestAuthority(name: "stranger")
        let other = try PrivateKey.generate(.ecdsaP256)
        let intermediate = try authority.intermediate()
        let bad: [(String, (PublicKey) throws -> SigningAnswer)] = [
            ("another key", { _ in try issue(other.publicKey) }),
            (
                "does not lead to the bundle",
                { key in
                    SigningAnswer(
                        chain: [try authority.issue(for: key, at: Self.now)], bundle: [stranger.certificate])
                }
            ),
            (
                "does not lead to the bundle",
                { key in
                    SigningAnswer(
                        chain: [try intermediate.issue(for: key, at: Self.now)],
                        bundle: [authority.certificate])
                }
            ),
            (
                "ca.crt holds no certificate",
                { key in
                    SigningAnswer(chain: [try authority.issue(for: key, at: Self.now)], bundle: [])
                }
            ),
            (
                "clock says 2027-01-15T08:00:00Z",
                { key in
                    SigningAnswer(
                        chain: [try authority.issue(for: key, at: Self.now + 3600)],
                        bundle: [authority.certificate])
                }
            ),
            (
                "expired at",
                { key in
                    SigningAnswer(
                        chain: [try authority.issue(for: key, at: Self.now - 90_000)],
                        bundle: [authority.certificate])
                }
            ),
            ("holds no certificates", { _ in SigningAnswer(chainLength: 1, body: Array("hello".utf8)) }),
            (
                "holds no certificates",
                { key in
                    let answer = try issue(key)
                    return SigningAnswer(chainLength: 1, body: Array(answer.body.dropLast(100)))
                }
            ),
        ]
        _ = try run(.firstCertificate, issuing())
        let leaf = try published.leaf
        for (reason, answer) in bad {
            let clock = VirtualClock(wall: Self.now)
            clock.onPause = { _ in false }
            unlink("\(folder.path)/ca.crt")
            var lines: [String] = []
            let configuration = try AgentConfiguration(environment: [
                "PODMINT_SERVER": "https://podmint", "PODMINT_TRUST": "-",
                "PODMINT_DIRECTORY": folder.path,
            ])
            let keeper = CertificateKeeper(
                configuration.certificates[0], podText: configuration.podText, clock: clock.clock,
                source: ScriptedSource { _, key in try answer(key) },
                publisher: Publisher(path: folder.path, mode: .worldReadable),
                log: AgentLog { lines.append($0) }, random: SystemRandomNumberGenerator())
            var agent = Agent(clock: clock.clock, keepers: [keeper])
            agent.run(.renewals)
            #expect(lines.count == 1 && lines[0].contains(reason), "\(reason) in \(lines)")
            symlink("..data/ca.crt", "\(folder.path)/ca.crt")
            #expect(try published.leaf == leaf)
        }
    }

    @Test func `a volume that refuses is tried again without asking podmint again`() throws {
        struct Full: Error {}
        var refusals = 3
        var publisher = Publisher(path: folder.path, mode: .worldReadable)
        publisher.afterStep = { step in
            guard step == .fileWritten("tls.key"), refusals > 0 else { return }
            refusals -= 1
            throw Full()
        }
        let source = issuing()
        let lines = try run(.firstCertificate, source, publisher: publisher)
        #expect(source.reasons.count == 1)
        #expect(lines.first?.contains("cannot be written to \(folder.path)") == true)
        #expect(try published.fault(at: Self.now) == nil)
    }

    @Test func `gets a new certificate when somebody removes or spoils a file`() throws {
        let source = issuing()
        clock.onPause = { clock in
            if clock.pauses.count == 3 { unlink("\(folder.path)/..data/tls.key") }
            return source.reasons.count < 2
        }
        let lines = try run(.renewals, source)
        #expect(source.reasons == [.first, .first])
        #expect(lines.count == 2)
        _ = try published
    }

    @Test func `what cannot be read back after it was published is not asked for again and again`() throws {
        var publisher = Publisher(path: folder.path, mode: .worldReadable)
        publisher.afterStep = { step in
            if step == .synced { truncate("\(folder.path)/..data/tls.key", 40) }
        }
        let source = issuing()
        clock.onPause = { clock in clock.pauses.count < 6 }
        let lines = try run(.renewals, source, publisher: publisher)
        #expect(source.reasons.count <= 4)
        #expect(lines.contains { $0.contains("what was just published cannot be used: ") }, "\(lines)")
        #expect(zip(clock.pauses, clock.pauses.dropFirst()).allSatisfy { $0 + $1 >= 1000 }, "\(clock.pauses)")
    }

    @Test func `former sets go after a while`() throws {
        let source = issuing()
        clock.onPause = { _ in
            let count = folder.entries.filter { $0.hasPrefix("..2") }.count
            #expect(count <= 2)
            return source.reasons.count < 4
        }
        _ = try run(.renewals, source)
    }

}
