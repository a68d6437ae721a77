// SPDX-License-Identifier: Apache-2.0
package import Buffers
package import OpenSSL
package import Sockets

/// A socket, with TLS around it or not: bytes in and out, never blocking. Owns both; belongs to one reactor.
@safe package struct Channel: ~Copyable {
    /// What one call came to.
    package enum Step: Equatable, Sendable {
        case bytes(Int)
        /// Call again when the socket is ready for that.
        case needs(Readiness)
        /// The peer will send nothing more.
        case closed
    }

    package enum Failure: Error, CustomStringConvertible {
        case socket(SystemCallError)
        case tls(OpenSSLError)

        package var description: String {
            switch self {
            case .socket(let error): "\(error)"
            case .tls(let error): "\(error)"
            }
        }
    }

    private var tls: TLSSession?
    private let socket: Socket

    package init(_ socket: consuming Socket) {
        self.socket = socket
        tls = nil
    }

    /// The server's side of a TLS connection.
    package static func accepting(
        _ socket: consuming Socket, with context: TLSContext
    ) throws(Failure) -> Channel {
        do throws(OpenSSLError) {
            let session = try TLSSession.accepting(socket.rawValue, with: context)
            return Channel(socket, session)
        } catch { throw .tls(error) }
    }

    /// The client's side of a TLS connection.
    package static func connecting(
        _ socket: consuming Socket, with context: TLSContext, to name: ServerName
    ) throws(Failure) -> Channel {
        do throws(OpenSSLError) {
            let session = try TLSSession.connecting(socket.rawValue, with: context, to: name)
            return Channel(socket, session)
        } catch { throw .tls(error) }
    }

    private init(_ socket: consuming Socket, _ session: consuming TLSSession) {
        self.socket = socket
        tls = consume session
    }

    package var descriptor: CInt { socket.rawValue }
    package var isEncrypted: Bool { tls != nil }

    /// `.bytes(0)` once it is done; at once without TLS.
    package mutating func handshake() throws(Failure) -> Step {
        do throws(OpenSSLError) {
            guard let step = try tls?.handshake() else { return .bytes(0) }
            return switch step {
            case .done: .bytes(0)
            case .needs(let readiness): .needs(Readiness(readiness))
            case .closed: .closed
            }
        } catch { throw .tls(error) }
    }

    /// Appends what is there, up to `limit` bytes (and one TLS record).
    package mutating func read(into buffer: ByteBuffer, upTo limit: Int) throws(Failure) -> Step {
        var step = Step.closed
        _ = try unsafe buffer.appendUnsafe(upTo: limit) { space throws(Failure) in
            step = try unsafe read(into: space)
            if case .bytes(let count) = step { return count }
            return 0
        }
        return step
    }

    private mutating func read(into space: UnsafeMutableRawBufferPointer) throws(Failure) -> Step {
        do throws(OpenSSLError) {
            if let step = try unsafe tls?.read(into: space) { return Step(step) }
        } catch { throw .tls(error) }
        do throws(SystemCallError) {
            return Step(try unsafe socket.read(into: space), waitingFor: .readable)
        } catch { throw .socket(error) }
    }

    /// Sends from the buffer's byte `start`; possibly a part only.
    package mutating func write(_ buffer: ByteBuffer, from start: Int) throws(Failure) -> Step {
        try unsafe buffer.withUnsafeBytes { bytes throws(Failure) in
            try unsafe write(UnsafeRawBufferPointer(rebasing: bytes[start...]))
        }
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> Step {
        do throws(OpenSSLError) {
            if let step = try unsafe tls?.write(bytes) { return Step(step) }
        } catch { throw .tls(error) }
        do throws(SystemCallError) {
            return Step(try unsafe socket.write(bytes), waitingFor: .writable)
        } catch { throw .socket(error) }
    }

    /// TLS has read further than it gave out: read again before waiting.
    package var hasPending: Bool {
        switch tls {
        case let session?: session.hasPending
        case nil: false
        }
    }

    /// What ALPN settled; HTTP/1.1 without it.
    package var applicationProtocol: ApplicationProtocol {
        switch tls {
        case let session?: session.applicationProtocol ?? .http1
        case nil: .http1
        }
    }

    package var peerCertificate: Certificate? {
        switch tls {
        case let session?: session.peerCertificate
        case nil: nil
        }
    }
    package var verificationFailure: String? {
        switch tls {
        case let session?: session.verificationFailure
        case nil: nil
        }
    }

    /// Says that nothing more will be written: close_notify, then FIN.
    package mutating func finishWriting() {
        tls?.shutdown()
        socket.finishWriting()
    }

    /// How a connect ended; nil when the connection stands.
    package func connectionError() -> SystemCallError? { socket.connectionError() }

    /// Says goodbye within TLS; closing the socket follows with the channel's end.
    package mutating func sayGoodbye() { tls?.shutdown() }
}

extension Channel.Step {
    fileprivate init(_ step: TLSSession.Step<Int>) {
        switch step {
        case .done(let count): self = .bytes(count)
        case .needs(let readiness): self = .needs(Readiness(readiness))
        case .closed: self = .closed
        }
    }

    fileprivate init(_ step: Socket.Step, waitingFor readiness: Readiness) {
        switch step {
        case .bytes(let count): self = .bytes(count)
        case .wouldBlock: self = .needs(readiness)
        case .closed: self = .closed
        }
    }
}

extension Readiness {
    fileprivate init(_ readiness: TLSSession.Readiness) {
        self = readiness == .readable ? .readable : .writable
    }
}
