// SPDX-License-Identifier: Apache-2.0
import Buffers
import Glibc
import HTTP2
import OpenSSL

/// An authority and what it signs for the tests of this target.
struct TestAuthority {
    let root: Certificate
    private let issuer: CertificateIssuer

    init(named name: String = "test root") throws {
        let now = Int64(time(nil))
        let made = try CertificateIssuer.selfSigned(
            commonName: name, algorithm: .ecdsaP256, notBefore: now - 60, notAfter: now + 3600)
        root = made.certificate
        issuer = try CertificateIssuer(certificate: made.certificate, key: made.key)
    }

    func identity(_ names: [SubjectAlternativeName]) throws -> TLSIdentity {
        let now = Int64(time(nil))
        let key = try PrivateKey.generate(.ecdsaP256)
        let leaf = try issuer.issue(
            LeafTemplate(names: names, notBefore: now - 60, notAfter: now + 600), for: key.publicKey)
        return try TLSIdentity(certificateChain: [leaf], key: key)
    }

    func server(
        _ names: [SubjectAlternativeName] = [.ip([127, 0, 0, 1])],
        alpn: [ApplicationProtocol] = [.http2, .http1],
        clients: [Certificate]? = nil
    ) throws -> TLSContext {
        try TLSContext.server(identity: identity(names), alpn: alpn, clientAuthorities: clients)
    }

    func client(_ identity: TLSIdentity? = nil) throws -> TLSContext {
        try TLSContext.client(anchors: [root], identity: identity, alpn: [.http2, .http1])
    }
}

/// One connection of an HTTP/2 server under a test's control: a blocking loop around a server's session.
final class HTTP2Peer {
    let session: HTTP2Session
    let number: Int
    /// Frames of the test's own, sent behind what the session says.
    var raw: [UInt8] = []
    /// Nothing is sent any more, as by a machine that is gone.
    var isSilent = false
    var isHangingUp = false

    private init(_ session: HTTP2Session, _ number: Int) {
        self.session = session
        self.number = number
    }

    /// Serves TLS connections; `act` sees each event.
    static func listen(
        _ tls: TLSContext, limits: HTTP2Limits = HTTP2Limits(),
        _ act: @escaping @Sendable (HTTP2Peer, HTTP2Event) throws -> Void
    ) -> LoopbackPeer {
        LoopbackPeer { connection, number in
            guard let session = try? HTTP2Session(role: .server, limits: limits) else { return }
            try? HTTP2Peer(session, number).serve(connection, tls, act)
        }
    }

    private func serve(
        _ connection: CInt, _ context: TLSContext, _ act: (HTTP2Peer, HTTP2Event) throws -> Void
    ) throws {
        var tls = try TLSSession.accepting(connection, with: context)
        guard case .done = try tls.handshake() else { return }
        let input = ByteBuffer()
        let output = ByteBuffer()
        while !isHangingUp {
            var isOver = false
            _ = try input.appendUnsafe(upTo: 65536) { room in
                if case .done(let count) = try tls.read(into: room) { return count }
                isOver = true
                return 0
            }
            if isOver { return }
            try session.receive(input)
            input.removeAll()
            while let event = session.nextEvent() { try act(self, event) }
            guard !isSilent else { continue }
            repeat {
                output.removeAll()
                try session.drain(into: output)
                output.append(raw)
                raw = []
                try write(output, &tls)
                while let event = session.nextEvent() { try act(self, event) }
            } while session.wantsToWrite
        }
        tls.shutdown()
    }

    private func write(_ output: ByteBuffer, _ tls: inout TLSSession) throws {
        var sent = 0
        while sent < output.count {
            let step = try output.withUnsafeBytes { bytes throws(OpenSSLError) in
                try tls.write(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
            }
            guard case .done(let count) = step else { return }
            sent += count
        }
    }

    func answer(_ id: Int32, _ text: String) throws {
        try session.respond(
            to: id, status: 200, fields: [("content-type", "text/plain")], body: Array(text.utf8))
    }

    static func goAway(last: Int32) -> [UInt8] {
        [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(last), 0, 0, 0, 0]
    }
}
