// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import OpenSSL

/// Both ends of a connection in one thread, over a socket pair.
final class Loopback {
    private let descriptors: (CInt, CInt)
    var server: TLSSession
    var client: TLSSession

    init(server: TLSContext, client: TLSContext, name: ServerName) throws {
        var pair: [CInt] = [0, 0]
        try #require(
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &pair) == 0)
        descriptors = (pair[0], pair[1])
        self.server = try TLSSession.accepting(pair[0], with: server)
        self.client = try TLSSession.connecting(pair[1], with: client, to: name)
    }

    deinit {
        close(descriptors.0)
        close(descriptors.1)
    }

    func shakeHands() throws {
        for _ in 0..<20 {
            let clientStep = try client.handshake()
            let serverStep = try server.handshake()
            if case .done = clientStep, case .done = serverStep { return }
        }
        Issue.record("the handshake never ended")
    }
}

struct TLSSessionTests {
    /// The handshake checks validity by the real clock.
    static let now = Int64(time(nil))
    let authority: TestAuthority
    init() throws { authority = try TestAuthority(now: Self.now) }

    func server(
        _ names: [SubjectAlternativeName] = [.dns("web.shop.svc")],
        alpn: [ApplicationProtocol] = [.http2, .http1]
    ) throws -> TLSContext {
        try TLSContext.server(identity: authority.identity(names, now: Self.now), alpn: alpn)
    }

    @Test(
        arguments: [
            ([.http2, .http1], [.http1], .http1), ([.http2, .http1], [.http1, .http2], .http2),
            ([.http1], [.http2], nil),
            ([.http2, .http1], [], nil),
        ] as [([ApplicationProtocol], [ApplicationProtocol], ApplicationProtocol?)])
    func `ALPN picks the server's first choice, and no overlap is no failure`(
        offered: [ApplicationProtocol], wanted: [ApplicationProtocol], expected: ApplicationProtocol?
    ) throws {
        let pair = try Loopback(
            server: server(alpn: offered),
            client: .client(anchors: [authority.root.certificate], alpn: wanted), name: .dns("web.shop.svc"))
        try pair.shakeHands()
        let (serverSide, clientSide) = (pair.server.applicationProtocol, pair.client.applicationProtocol)
        let (version, failure) = (pair.client.version, pair.client.verificationFailure)
        #expect(serverSide == expected && clientSide == expected)
        #expect(version == "TLSv1.3" && failure == nil)
    }

    @Test func `bytes go both ways and goodbye is seen`() throws {
        let pair = try Loopback(
            server: server(), client: .client(anchors: [authority.root.certificate], alpn: [.http1]),
            name: .dns("web.shop.svc"))
        try pair.shakeHands()
        let sent = RandomBytes.make(40_000)
        var written = 0
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 20_000)
        for _ in 0..<100 where received.count < sent.count {
            if written < sent.count,
                case .done(let count) = try sent[written...].withUnsafeBytes({ try pair.client.write($0) })
            {
                written += count
            }
            if case .done(let count) = try buffer.withUnsafeMutableBytes({ try pair.server.read(into: $0) }) {
                received += buffer[..<count]
            }
        }
        let pending = pair.server.hasPending
        #expect(received == sent && !pending)
        guard case .needs(.readable) = try buffer.withUnsafeMutableBytes({ try pair.server.read(into: $0) })
        else {
            Issue.record("there is nothing to read")
            return
        }
        pair.client.shutdown()
        guard case .closed = try buffer.withUnsafeMutableBytes({ try pair.server.read(into: $0) }) else {
            Issue.record("close_notify was not seen")
            return
        }
    }

    @Test func `one read of the socket brings all records that are there`() throws {
        let pair = try Loopback(
            server: server(), client: .client(anchors: [authority.root.certificate], alpn: [.http1]),
            name: .dns("web.shop.svc"))
        try pair.shakeHands()
        for _ in 0..<2 {
            _ = try [UInt8](repeating: 1, count: 1000).withUnsafeBytes { try pair.client.write($0) }
        }
        var buffer = [UInt8](repeating: 0, count: 1000)
        _ = try buffer.withUnsafeMutableBytes { try pair.server.read(into: $0) }
        let afterOne = pair.server.hasPending
        _ = try buffer.withUnsafeMutableBytes { try pair.server.read(into: $0) }
        let afterTwo = pair.server.hasPending
        #expect(afterOne && !afterTwo)
    }

    @Test(
        arguments: [
            ([.dns("other.shop.svc")], .dns("web.shop.svc")), ([.ip([10, 0, 0, 2])], .ip([10, 0, 0, 1])),
            ([.dns("10.0.0.1")], .ip([10, 0, 0, 1])),
        ] as [([SubjectAlternativeName], ServerName)])
    func `a certificate for another name is refused`(names: [SubjectAlternativeName], wanted: ServerName)
        throws
    {
        let pair = try Loopback(
            server: server(names), client: .client(anchors: [authority.root.certificate], alpn: [.http1]),
            name: wanted)
        #expect(throws: OpenSSLError.self) { try pair.shakeHands() }
        let failure = pair.client.verificationFailure
        #expect(failure != nil)
    }

    @Test(
        arguments: [
            ([.dns("*.shop.svc")], .dns("web.shop.svc")), ([.ip([10, 0, 0, 1])], .ip([10, 0, 0, 1])),
            ([.ip([10, 0, 0, 1])], ServerName("10.0.0.1")),
        ] as [([SubjectAlternativeName], ServerName)])
    func `a certificate for the name is taken`(names: [SubjectAlternativeName], wanted: ServerName) throws {
        let pair = try Loopback(
            server: server(names), client: .client(anchors: [authority.root.certificate], alpn: [.http1]),
            name: wanted)
        try pair.shakeHands()
        let shown = pair.client.peerCertificate
        #expect(shown?.subjectAlternativeNames == names)
    }

    @Test func `an unknown authority is refused with a reason`() throws {
        let pair = try Loopback(
            server: server(),
            client: .client(anchors: [TestAuthority(now: Self.now).root.certificate], alpn: [.http1]),
            name: .dns("web.shop.svc"))
        #expect(throws: OpenSSLError.self) { try pair.shakeHands() }
        let failure = pair.client.verificationFailure
        #expect(failure != nil)
    }

    @Test func `a client certificate is asked for, and verified`() throws {
        let identity = try authority.identity([.dns("client.shop.svc")], now: Self.now)
        let server = try TLSContext.server(
            identity: authority.identity(now: Self.now), alpn: [.http1],
            clientAuthorities: [authority.root.certificate])
        let pair = try Loopback(
            server: server,
            client: .client(anchors: [authority.root.certificate], identity: identity, alpn: [.http1]),
            name: .dns("web.shop.svc"))
        try pair.shakeHands()
        let shown = pair.server.peerCertificate
        #expect(shown == identity.certificateChain[0])

        let bare = try Loopback(
            server: server, client: .client(anchors: [authority.root.certificate], alpn: [.http1]),
            name: .dns("web.shop.svc"))
        #expect(throws: OpenSSLError.self) { try bare.shakeHands() }
    }

    @Test func `a key of another certificate makes no identity`() throws {
        #expect(throws: OpenSSLError.self) {
            try TLSIdentity(certificateChain: [authority.root.certificate], key: .generate(.ecdsaP256))
        }
    }
}
