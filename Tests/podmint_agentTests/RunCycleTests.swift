// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import OpenSSL
import SigningProtocol
import Synchronization
import Testing

@testable import podmint_agent

/// The whole agent but for its process: real TLS, real files, time that passes when it waits.
@Suite struct RunCycleTests {
    private static let now = Int64(time(nil))
    private let folder = TemporaryFolder()
    private let authority: TestAuthority
    private let clock = VirtualClock(wall: now)

    init() throws { authority = try TestAuthority() }

    private func agent(port: UInt16, _ lines: @escaping (String) -> Void) throws -> Agent {
        let configuration = try AgentConfiguration(environment: [
            "PODMINT_SERVER": "https://localhost:\(port)", "PODMINT_TRUST": authority.certificate.pem,
            "PODMINT_TOKEN_FILE": "\(folder.path)/token", "PODMINT_DIRECTORY": folder.path,
            "PODMINT_DURATION": "1h",
        ])
        let client = SigningClient(
            configuration: configuration, certificate: configuration.certificates[0],
            resolver: NameResolver { _ in .addresses([IPAddress(parsing: "127.0.0.1")].compactMap(\.self)) },
            timeouts: SigningClient.Timeouts(
                connectMilliseconds: 2000, handshakeMilliseconds: 2000, answerMilliseconds: 1000))
        let keeper = CertificateKeeper(
            configuration.certificates[0], podText: configuration.podText, clock: clock.clock, source: client,
            publisher: Publisher(path: folder.path, mode: .worldReadable), log: AgentLog(write: lines),
            random: SystemRandomNumberGenerator())
        return Agent(clock: clock.clock, keepers: [keeper])
    }

    private static func issue(
        _ question: FakePodmint.Question, by authority: TestAuthority, at now: Int64,
        bundle: TestAuthority? = nil
    ) -> FakePodmint.Reaction {
        do {
            let leaf = try authority.issue(
                for: SigningRequest(der: question.body).publicKey, at: now, life: 3600)
            return .answer(.issued(chain: [leaf], bundle: [(bundle ?? authority).certificate]))
        } catch { return .answer(.text(400, "\(error)")) }
    }

    @Test
    func `gets through a bad start: nobody there, slow, busy, cut off, wrong key, broken chain, refused`()
        throws
    {
        folder.write("token", "aaaa.bbbb.cccc")
        let (authority, stranger) = (authority, try TestAuthority(name: "stranger"))
        let otherKey = try PrivateKey.generate(.ecdsaP256).publicKey
        let placeholder = try FakePodmint(authority) { _ in .hangUp }
        placeholder.stop()
        let podmint = Mutex<FakePodmint?>(nil)
        var lines: [String] = []
        var agent = try agent(port: placeholder.port) { lines.append($0) }
        clock.onPause = { clock in
            guard clock.pauses.count == 3 else { return clock.pauses.count < 30 }
            // Only now does podmint come up.
            let port = placeholder.port
            podmint.withLock { podmint in
                podmint = try? FakePodmint(authority, port: port) { question in
                    switch question.number {
                    case 1: return .silence
                    case 2: return .answer(HTTPResponse(status: 503, fields: [("retry-after", "3")]))
                    case 3: return .hangUp
                    case 4:
                        let leaf = try? authority.issue(for: otherKey, at: Self.now)
                        return .answer(
                            .issued(chain: [leaf].compactMap(\.self), bundle: [authority.certificate]))
                    case 5: return Self.issue(question, by: authority, at: Self.now, bundle: stranger)
                    case 6: return .answer(.text(403, "pod shop/web-0 may not have that\nhint: ask for less"))
                    default: return Self.issue(question, by: authority, at: Self.now)
                    }
                }
            }
            return true
        }
        agent.run(.firstCertificate)
        podmint.withLock { $0?.stop() }
        #expect(try PublishedState.read(folder.path).fault(at: Self.now) == nil)
        for text in [
            "connect: Connection refused", "no time left for the answer", "podmint answered 503",
            "the certificate is for another key", "does not lead to the bundle",
            "may not have that (hint: ask for less)",
        ] { #expect(lines.contains { $0.contains(text) }, "\(text) in \(lines)") }
        #expect(lines.allSatisfy { !$0.contains("aaaa.bbbb") && !$0.contains("PRIVATE") })
    }

    @Test func `renews with the token of the day, through an hour without podmint`() throws {
        folder.write("token", "token.of.start")
        let authority = authority
        let wall = Mutex(Self.now)
        let isDown = Mutex(false)
        let podmint = try FakePodmint(authority) { question in
            isDown.withLock(\.self)
                ? .answer(.text(503, "starting"))
                : Self.issue(question, by: authority, at: wall.withLock(\.self))
        }
        defer { podmint.stop() }
        var lines: [String] = []
        var agent = try agent(port: podmint.port) { lines.append($0) }
        var served: Set<String> = []
        clock.onPause = { clock in
            wall.withLock { $0 = clock.wall }
            // Whoever reads the volume finds a whole set at every moment.
            if let set = try? PublishedState.read(folder.path) {
                served.insert(set.leaf.serialHex)
            } else {
                Issue.record("no set")
            }
            switch clock.wall - Self.now {
            case 1000..<1100: folder.write("token", "token.of.renewal")
            case 1500..<2900: isDown.withLock { $0 = true }
            case 2900...: isDown.withLock { $0 = false }
            default: break
            }
            return served.count < 2
        }
        agent.run(.renewals)
        let questions = podmint.questions
        #expect(questions.first?.fields["authorization"] == "Bearer token.of.start")
        #expect(questions.first?.fields["podmint-reason"] == "first")
        #expect(questions.last?.fields["authorization"] == "Bearer token.of.renewal")
        #expect(questions.last?.fields["podmint-reason"] == "renewal")
        #expect(questions.count > 3)
        #expect(try PublishedState.read(folder.path).fault(at: clock.wall) == nil)
    }
}
