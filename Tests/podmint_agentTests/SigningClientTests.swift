// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import OpenSSL
import SigningProtocol
import Testing

@testable import podmint_agent

@Suite struct SigningClientTests {
    private let folder = TemporaryFolder()
    private let authority: TestAuthority
    private let request: [UInt8]
    private let key: PrivateKey

    init() throws {
        authority = try TestAuthority()
        key = try PrivateKey.generate(.ecdsaP256)
        request = try SigningRequest.create(key: key, names: [])
        folder.write("token", "first.token\n")
    }

    private func client(
        _ server: String, addresses: String = "", trust: TestAuthority? = nil,
        answer: NameResolver.Answer = .unknown
    ) throws -> SigningClient {
        let configuration = try AgentConfiguration(environment: [
            "PODMINT_SERVER": server, "PODMINT_SERVER_ADDRESSES": addresses,
            "PODMINT_TRUST": (trust ?? authority).certificate.pem,
            "PODMINT_TRUST_FILE": "\(folder.path)/root.crt",
            "PODMINT_TOKEN_FILE": "\(folder.path)/token", "PODMINT_POLICY": "transport",
            "PODMINT_DURATION": "8h", "PODMINT_POD_IPS": "10.0.0.9,fd00::9",
        ])
        return SigningClient(
            configuration: configuration, certificate: configuration.certificates[0],
            resolver: NameResolver { _ in answer },
            timeouts: SigningClient.Timeouts(
                connectMilliseconds: 2000, handshakeMilliseconds: 2000, answerMilliseconds: 2000))
    }

    private func failure(of client: SigningClient) -> AgentFailure? {
        do throws(AgentFailure) { _ = try client.answer(to: request, because: .first) } catch { return error }
        return nil
    }

    @Test func `asks as the protocol says, and hands back what came`() throws {
        let leaf = try authority.issue(for: key.publicKey, at: Int64(time(nil)))
        let root = authority.certificate
        let podmint = try FakePodmint(authority) { _ in .answer(.issued(chain: [leaf], bundle: [root])) }
        defer { podmint.stop() }
        let client = try client(
            "https://localhost:\(podmint.port)",
            answer: .addresses([try #require(IPAddress(parsing: "127.0.0.1"))]))
        let answer = try client.answer(to: request, because: .renewal)
        #expect(answer.chainLength == 1)
        #expect(try PEM.certificates(in: answer.body) == [leaf, root])
        let question = try #require(podmint.questions.first)
        #expect(question.body == request)
        for (name, value) in [
            "host": "localhost:\(podmint.port)", "authorization": "Bearer first.token",
            "content-type": "application/pkcs10",
            "podmint-policy": "transport", "podmint-reason": "renewal", "podmint-duration": "8h",
            "prefer": "wait=30", "podmint-addresses": "10.0.0.9,fd00::9",
            "user-agent": "podmint-agent/\(Version.current)",
        ] { #expect(question.fields[name] == value, "\(name)") }
    }

    @Test func `reads the token again for each request`() throws {
        let podmint = try FakePodmint(authority) { _ in .answer(.text(401, "no")) }
        defer { podmint.stop() }
        let client = try client("https://localhost:\(podmint.port)", addresses: "127.0.0.1")
        _ = failure(of: client)
        folder.write("token", "second.token")
        _ = failure(of: client)
        #expect(
            podmint.questions.map { $0.fields["authorization"] } == [
                "Bearer first.token", "Bearer second.token",
            ])
    }

    @Test func `tries every address, the name's first`() throws {
        let podmint = try FakePodmint(authority) { _ in .answer(.text(503, "busy")) }
        defer { podmint.stop() }
        let dead = try #require(IPAddress(parsing: "127.0.0.2"))
        let client = try client(
            "https://localhost:\(podmint.port)", addresses: "127.0.0.3,127.0.0.1", answer: .addresses([dead]))
        #expect(failure(of: client)?.kind == .busy(retryAfter: nil))
    }

    @Test func `names every address that failed, and DNS`() throws {
        let failure = failure(of: try client("https://podmint.test:1", addresses: "127.0.0.1,127.0.0.2"))
        #expect(failure?.kind == .unreachable)
        #expect(
            failure?.message.contains(
                "DNS knows no podmint.test; 127.0.0.1:1: connect: Connection refused; 127.0.0.2:1") == true,
            "\(String(describing: failure))")
    }

    @Test func `trusts nobody but the authorities given, by name`() throws {
        let podmint = try FakePodmint(authority) { _ in .hangUp }
        defer { podmint.stop() }
        let stranger = try TestAuthority(name: "stranger")
        let untrusted = failure(
            of: try client("https://localhost:\(podmint.port)", addresses: "127.0.0.1", trust: stranger))
        #expect(
            untrusted?.message.contains("podmint's certificate is not trusted") == true,
            "\(String(describing: untrusted))")
        let misnamed = failure(of: try client("https://other:\(podmint.port)", addresses: "127.0.0.1"))
        #expect(misnamed?.message.contains("ostname mismatch") == true, "\(String(describing: misnamed))")
        let misaddressed = failure(of: try client("https://127.0.0.1:\(podmint.port)"))
        #expect(
            misaddressed?.message.contains("IP address mismatch") == true,
            "\(String(describing: misaddressed))")
        #expect(podmint.questions.isEmpty)
    }

    @Test func `trusts an authority that appears in the file later`() throws {
        let podmint = try FakePodmint(authority) { _ in .answer(.text(403, "no")) }
        defer { podmint.stop() }
        let client = try client(
            "https://localhost:\(podmint.port)", addresses: "127.0.0.1", trust: TestAuthority(name: "old"))
        #expect(failure(of: client)?.kind == .unreachable)
        folder.write("root.crt", authority.certificate.pem)
        #expect(failure(of: client)?.kind == .refused)
    }

    @Test(arguments: [
        (
            HTTPResponse.text(401, "the token is not valid"), AgentFailure.Kind.refused,
            "podmint answered 401: the token is not valid"
        ),
        (
            HTTPResponse.text(403, "pod is being deleted\nhint: wait"), .refused,
            "podmint answered 403: pod is being deleted"
        ),
        (
            HTTPResponse(
                status: 503, fields: [("Retry-After", "7"), ("content-type", "text/plain")],
                body: Array("no pod IP yet".utf8)),
            .busy(retryAfter: 7), "podmint answered 503: no pod IP yet"
        ),
        (
            HTTPResponse(status: 429, fields: [("Retry-After", "soon")]), .busy(retryAfter: nil),
            "podmint answered 429"
        ),
        (HTTPResponse(status: 500), .busy(retryAfter: nil), "podmint answered 500"),
        (
            HTTPResponse(status: 302, fields: [("Location", "https://evil")]), .unusableAnswer,
            "podmint answered 302"
        ),
        (
            HTTPResponse(status: 404, fields: [("content-type", "text/html")], body: Array("<html>".utf8)),
            .refused, "podmint answered 404"
        ),
        (
            HTTPResponse.json(200, Array("{}".utf8)), .unusableAnswer,
            "podmint answered with application/json instead of a certificate"
        ),
        (
            HTTPResponse(status: 200, fields: [("content-type", "application/pem-certificate-chain")]),
            .unusableAnswer,
            "podmint's answer says not how long its chain is (Podmint-Chain-Length)"
        ),
    ])
    func `tells refusals apart`(response: HTTPResponse, kind: AgentFailure.Kind, message: String) throws {
        let podmint = try FakePodmint(authority) { _ in .answer(response) }
        defer { podmint.stop() }
        let failure = failure(of: try client("https://localhost:\(podmint.port)", addresses: "127.0.0.1"))
        #expect(failure?.kind == kind)
        #expect(failure?.message == message)
        #expect(failure?.message.contains("first.token") == false)
    }

    @Test(arguments: [
        FakePodmint.Reaction.silence, .hangUp, .bytes(Array("SSH-2.0-hello\r\n\r\n".utf8)),
        .bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n".utf8)),
        .bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".utf8)),
    ])
    func `gives up on a peer that does not answer, or not in HTTP`(reaction: FakePodmint.Reaction) throws {
        let podmint = try FakePodmint(authority) { _ in reaction }
        defer { podmint.stop() }
        var client = try client("https://localhost:\(podmint.port)", addresses: "127.0.0.1")
        client.timeouts.answerMilliseconds = 200
        #expect([.unreachable, .unusableAnswer].contains(failure(of: client)?.kind))
    }

    @Test func `needs a token and somebody to trust`() throws {
        let client = try client("https://localhost:1", addresses: "127.0.0.1")
        folder.write("token", " \n")
        #expect(failure(of: client)?.message.contains("is empty or no token") == true)
        folder.write("token", "a\u{1}b")
        #expect(failure(of: client)?.kind == .local)
        unlink("\(folder.path)/token")
        #expect(failure(of: client)?.message.contains("No such file") == true)
    }
}
