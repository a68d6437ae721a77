// SPDX-License-Identifier: Apache-2.0
import Glibc
import OpenSSL
import SigningProtocol
import Testing

@testable import podmint_agent

@Suite struct SeveralCertificatesTests {
    private static let now: Int64 = 1_800_000_000
    private let transport = TemporaryFolder()
    private let http = TemporaryFolder()
    private let inputs = TemporaryFolder()
    private let authority: TestAuthority
    private let clock = VirtualClock(wall: now)

    init() throws { authority = try TestAuthority() }

    /// A podmint for each certificate, in order; lines carry the policy's name before them.
    private func run(
        _ goal: Agent.Goal, _ sources: [ScriptedSource], _ more: [String: String] = [:]
    ) throws -> [String] {
        var lines: [String] = []
        let configuration = try AgentConfiguration(
            environment: [
                "PODMINT_SERVER": "https://podmint", "PODMINT_TRUST": "-", "PODMINT_DURATION": "1h",
                "PODMINT_POLICY": "transport", "PODMINT_DIRECTORY": transport.path,
                "PODMINT_POLICY_2": sources.count > 1 ? "http" : "",
                "PODMINT_DIRECTORY_2": sources.count > 1 ? http.path : "",
                "PODMINT_DURATION_2": sources.count > 1 ? "10m" : "",
            ].merging(more) { $1 })
        let keepers = zip(configuration.certificates, sources).map { settings, source in
            CertificateKeeper(
                settings, podText: "shop/web-0", clock: clock.clock, source: source,
                publisher: Publisher(path: settings.directory, mode: settings.mode, layout: settings.layout),
                log: AgentLog { lines.append("\(settings.policy): \($0)") },
                random: SystemRandomNumberGenerator())
        }
        var agent = Agent(clock: clock.clock, keepers: keepers)
        agent.run(goal)
        return lines
    }

    private func issuing(life: Int64 = 3600) -> ScriptedSource {
        ScriptedSource { _, key in
            SigningAnswer(
                chain: [try authority.issue(for: key, at: clock.wall, life: life)],
                bundle: [authority.certificate])
        }
    }

    // MARK: - Two certificates

    @Test func `init returns when every certificate is there`() throws {
        let late = ScriptedSource { call, key in
            if call < 4 { throw AgentFailure(.busy(retryAfter: nil), "busy") }
            return SigningAnswer(
                chain: [try authority.issue(for: key, at: clock.wall, life: 600)],
                bundle: [authority.certificate])
        }
        let lines = try run(.firstCertificate, [issuing(), late])
        #expect(late.reasons.count == 4)
        #expect(lines.first?.hasPrefix("transport: published") == true)
        #expect(lines.last?.hasPrefix("http: published") == true, "\(lines)")
        _ = try PublishedState.read(transport.path)
        _ = try PublishedState.read(http.path)
    }

    @Test func `each is renewed at its own time`() throws {
        let (slow, fast) = (issuing(), issuing(life: 600))
        clock.onPause = { _ in slow.reasons.count < 2 }
        _ = try run(.renewals, [slow, fast])
        #expect((2160...2602).contains(clock.wall - Self.now))
        // Ten minutes, renewed after 360 to 432 seconds.
        #expect((5...8).contains(fast.reasons.count), "\(fast.reasons.count)")
    }

    @Test func `one that podmint refuses holds up none of the others`() throws {
        let refused = ScriptedSource { _, _ in throw AgentFailure(.refused, "no such policy") }
        let fine = issuing()
        clock.onPause = { _ in fine.reasons.count < 3 }
        let lines = try run(.renewals, [refused, fine], ["PODMINT_DURATION_2": "1h"])
        #expect(fine.reasons == [.first, .renewal, .renewal])
        #expect((3...).contains(refused.reasons.count))
        #expect(lines.first?.contains("no such policy") == true)
    }

    // MARK: - Names, keys

    @Test func `files are called as the policy says`() throws {
        let lines = try run(
            .firstCertificate, [issuing()], ["PODMINT_FILES": "certificate=node.crt,key=node.key"])
        #expect(lines.count == 1)
        #expect(
            transport.entries.filter { !$0.hasPrefix("..") } == ["ca.crt", "node.crt", "node.key", "tls.pem"])
    }

    @Test(arguments: ["true", "false"]) func `a key is kept only when asked for`(reuse: String) throws {
        var keys: Set<[UInt8]> = []
        let source = ScriptedSource { _, key in
            keys.insert(key.spkiSHA256)
            return SigningAnswer(
                chain: [try authority.issue(for: key, at: clock.wall, life: 3600)],
                bundle: [authority.certificate])
        }
        clock.onPause = { _ in source.reasons.count < 4 }
        _ = try run(.renewals, [source], ["PODMINT_REUSE_PRIVATE_KEY": reuse])
        #expect(keys.count == (reuse == "true" ? 1 : 4))
    }

    // MARK: - Authorities

    private func merging() -> [String: String] {
        [
            "PODMINT_CERTIFICATE_AUTHORITIES": "\(inputs.path)/a.crt",
            "PODMINT_POD_CERTIFICATE_AUTHORITIES": "\(inputs.path)/b.crt",
        ]
    }

    private var trusted: [Certificate] {
        get throws { try PEM.certificates(in: transport.read("ca.crt")) }
    }

    @Test func `authorities are merged, each once, and followed without asking podmint again`() throws {
        let (one, other, third) = (
            try TestAuthority(name: "one"), try TestAuthority(name: "other"), try TestAuthority(name: "third")
        )
        inputs.write("a.crt", one.certificate.pem + authority.certificate.pem)
        inputs.write("b.crt", other.certificate.pem + one.certificate.pem)
        let source = issuing()
        var bundles: [[Certificate]] = []
        clock.onPause = { clock in
            if let now = try? trusted, now != bundles.last { bundles.append(now) }
            if clock.pauses.count == 3 { inputs.write("b.crt", third.certificate.pem) }
            if clock.pauses.count == 6 { inputs.write("b.crt", "no certificate") }
            return clock.pauses.count < 12
        }
        let lines = try run(.renewals, [source], merging())
        let mine = authority.certificate
        #expect(
            bundles == [
                [mine, one.certificate, other.certificate], [mine, one.certificate, third.certificate],
            ])
        #expect(source.reasons == [.first])
        #expect(lines.contains { $0.contains("again: its authorities") })
        #expect(lines.contains { $0.contains("the authorities to merge are no certificates") }, "\(lines)")
    }

    @Test func `a restart forgets an authority that was taken away meanwhile`() throws {
        inputs.write("a.crt", try TestAuthority(name: "one").certificate.pem)
        let other = try TestAuthority(name: "other")
        inputs.write("b.crt", other.certificate.pem)
        _ = try run(.firstCertificate, [issuing()], merging())
        inputs.write("a.crt", other.certificate.pem)
        let source = issuing()
        clock.onPause = { $0.pauses.count < 3 }
        _ = try run(.renewals, [source], merging())
        #expect(source.reasons.isEmpty)
        #expect(try trusted == [authority.certificate, other.certificate])
    }

    @Test func `no certificate is published before its authorities can be read, and podmint is asked once`()
        throws
    {
        let source = issuing()
        inputs.write("b.crt", try TestAuthority(name: "b").certificate.pem)
        clock.onPause = { clock in
            #expect(transport.entries == [] || access("\(inputs.path)/a.crt", R_OK) == 0)
            if clock.pauses.count == 3 { inputs.write("a.crt", authority.certificate.pem) }
            return true
        }
        let lines = try run(.firstCertificate, [source], merging())
        #expect(source.reasons.count == 1)
        #expect(lines.first?.contains("a.crt: open: No such file") == true, "\(lines)")
        #expect(try trusted.count == 2)
    }

    @Test func `a renewal goes on with the authorities that it had`() throws {
        for name in ["a.crt", "b.crt"] { inputs.write(name, try TestAuthority(name: name).certificate.pem) }
        let source = issuing()
        clock.onPause = { clock in
            if clock.pauses.count == 2 { unlink("\(inputs.path)/a.crt") }
            return source.reasons.count < 3
        }
        _ = try run(.renewals, [source], merging())
        #expect(source.reasons == [.first, .renewal, .renewal])
        #expect(try trusted.count == 3)
    }

    // MARK: - PKCS#12

    private func opens(_ file: String, _ text: String) throws -> Bool {
        let password = KeystorePassword(contents: SecretBytes(copying: Array(text.utf8).span.bytes))
        let contents = try TextFile.readSecret("\(transport.path)/\(file)", limit: 1 << 20)
        guard let password else { return false }
        return PKCS12.isSealed(contents, with: password)
    }

    @Test func `keystores come with their password, which is followed`() throws {
        inputs.write("password", "changeit\n")
        let source = issuing()
        clock.onPause = { clock in
            if clock.pauses.count == 2 {
                #expect((try? opens("keystore.p12", "changeit")) == true)
                inputs.write("password", "another")
            }
            return clock.pauses.count < 6
        }
        let environment = [
            "PODMINT_FORMATS": "pem,pkcs12", "PODMINT_KEYSTORE_PASSWORD_FILE": "\(inputs.path)/password",
        ]
        _ = try run(.renewals, [source], environment)
        #expect(source.reasons == [.first])
        for file in ["keystore.p12", "truststore.p12"] {
            #expect(try opens(file, "another") && !opens(file, "changeit"))
        }
        // While the agent was not running.
        inputs.write("password", "third")
        clock.onPause = { $0.pauses.count < 10 }
        _ = try run(.renewals, [source], environment)
        #expect(source.reasons == [.first])
        #expect(try opens("keystore.p12", "third"))
    }

    @Test func `a set without its keystore is not complete`() throws {
        let source = issuing()
        _ = try run(.firstCertificate, [source], ["PODMINT_FORMATS": "pkcs12"])
        let layout = PublicationLayout(formats: .pkcs12)
        _ = try PublishedState.read(transport.path, layout)
        unlink("\(transport.path)/..data/truststore.p12")
        #expect(throws: SetFault.missing("truststore.p12")) {
            try PublishedState.read(transport.path, layout)
        }
        _ = try run(.firstCertificate, [source], ["PODMINT_FORMATS": "pkcs12"])
        #expect(source.reasons == [.first, .first])
        _ = try PublishedState.read(transport.path, layout)
    }
}
