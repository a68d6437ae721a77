// SPDX-License-Identifier: Apache-2.0
import Buffers
import Glibc
import HTTP
import OpenSSL
import Sockets
import Synchronization

/// A podmint of one thread over real TLS: serves one connection after the other, and answers as the test says.
final class FakePodmint: Sendable {
    struct Question: Sendable {
        let number: Int
        let fields: [String: String]
        let body: [UInt8]
    }

    enum Reaction: Sendable {
        case answer(HTTPResponse)
        case bytes([UInt8])
        /// Holds the connection open and says nothing.
        case silence
        case hangUp
    }

    let port: UInt16
    private let listener: CInt
    private let context: TLSContext
    private let react: @Sendable (Question) -> Reaction
    private let seen = Mutex<[Question]>([])
    private let isDone = Mutex(false)

    /// Shows a certificate of `authority` for `names`; port 0 lets the kernel choose.
    init(
        _ authority: TestAuthority, names: [SubjectAlternativeName] = [.dns("localhost")], port: UInt16 = 0,
        now: Int64 = Int64(time(nil)), _ react: @escaping @Sendable (Question) -> Reaction
    ) throws {
        let key = try PrivateKey.generate(.ecdsaP256)
        let leaf = try authority.issue(for: key.publicKey, at: now, names: names)
        context = try TLSContext.server(
            identity: TLSIdentity(certificateChain: [leaf], key: key), alpn: [.http1])
        self.react = react
        SignalMask.ignoreBrokenPipes()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: CInt = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard bound else { throw SystemCallError("bind", code: errno) }
        self.port = UInt16(bigEndian: address.sin_port)
        BlockingThread.start { [self] in serve() }
    }

    var questions: [Question] { seen.withLock(\.self) }

    /// Stops listening; the port can be bound again.
    func stop() {
        isDone.withLock { $0 = true }
        shutdown(listener, CInt(SHUT_RDWR))
    }

    private func serve() {
        var silent: [CInt] = []
        while !isDone.withLock(\.self) {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            if handle(connection) { close(connection) } else { silent.append(connection) }
        }
        for connection in silent + [listener] { close(connection) }
    }

    /// True when the connection may be closed. The socket blocks, so no step ever waits for readiness.
    private func handle(_ connection: CInt) -> Bool {
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        do {
            var session = try TLSSession.accepting(connection, with: context)
            guard case .done = try session.handshake() else { return true }
            var parser = HTTP1RequestParser()
            let input = ByteBuffer()
            while try parser.advance(input) != .complete {
                var isOpen = false
                _ = try input.appendUnsafe(upTo: 16384) { buffer throws(OpenSSLError) in
                    guard case .done(let count) = try session.read(into: buffer) else { return 0 }
                    isOpen = true
                    return count
                }
                guard isOpen else { return true }
            }
            var fields: [String: String] = [:]
            for index in 0..<parser.request.fields.count {
                fields[parser.request.fields.name(at: index).lowercased()] = parser.request.fields.value(
                    at: index)
            }
            let question = seen.withLock { seen in
                seen.append(Question(number: seen.count + 1, fields: fields, body: parser.request.body.bytes))
                return seen[seen.count - 1]
            }
            let output = ByteBuffer()
            switch react(question) {
            case .answer(let response):
                HTTP1Encoder.append(response, answering: .post, keepsAlive: false, to: output)
            case .bytes(let bytes): output.append(bytes)
            case .silence: return false
            case .hangUp: return true
            }
            while !output.isEmpty {
                guard case .done(let count) = try output.withUnsafeBytes({ try session.write($0) }) else {
                    break
                }
                output.removeFirst(count)
            }
            session.shutdown()
        } catch {}
        return true
    }
}

extension HTTPResponse {
    /// A 200 as podmint sends it.
    static func issued(chain: [Certificate], bundle: [Certificate]) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            fields: [
                ("Content-Type", "application/pem-certificate-chain"),
                ("Podmint-Chain-Length", "\(chain.count)"),
            ],
            body: Array((chain + bundle).map(\.pem).joined().utf8))
    }
}
