// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import OpenSSL
internal import Sockets

/// What a link tells whoever drives it, on the reactor's thread.
protocol ClientLinkOwner: AnyObject {
    func linkOpened(_ link: ClientLink, speaking protocol: ApplicationProtocol)
    /// There is something new in `input`.
    func linkReceived(_ link: ClientLink)
    /// All of `output` has been taken by the system.
    func linkWrote(_ link: ClientLink)
    /// The last call; not made after `close()`. A nil error is the peer's orderly end.
    func linkEnded(_ link: ClientLink, _ error: HTTPClientError?)
}

/// One TCP connection of a client, with TLS over it where asked: bytes in, bytes out, on one reactor.
final class ClientLink: ReactorSource {
    private enum Phase { case connecting, handshaking, open, ended }

    /// Received and not yet used.
    let input = ByteBuffer(minimumCapacity: 16 * 1024)
    /// To be sent; `flush()` after adding to it.
    let output = ByteBuffer(minimumCapacity: 4 * 1024)
    /// Kept while the link is open.
    var owner: (any ClientLinkOwner)?

    private let reactor: Reactor
    private let context: TLSContext?
    private let name: ServerName
    private let peer: String
    private var socket: Socket
    private var tls: TLSSession?
    private var token: Reactor.Token?
    private var phase = Phase.connecting
    private var sent = 0
    private var isReading = true
    private var interest: Readiness = .writable
    /// The most of one TLS record, or of one plain read.
    private static let readSize = 16 * 1024

    init(
        connectingTo address: SocketAddress, tls context: TLSContext?, name: ServerName, on reactor: Reactor
    ) throws(SystemCallError) {
        self.reactor = reactor
        self.context = context
        self.name = name
        peer = address.description
        socket = try Socket.connecting(to: address)
        socket.detectDeadPeers()
    }

    /// Begins to wait for the connection.
    func start() throws(SystemCallError) {
        token = try reactor.register(socket.rawValue, for: .writable, self)
    }

    var isHandshaking: Bool { phase == .handshaking }

    /// Bytes of `output` that the system has not taken.
    var unsentBytes: Int { output.count - sent }

    /// Lets the peer wait, or goes on; what came meanwhile is read at once.
    func setReading(_ isReading: Bool) {
        guard phase == .open, self.isReading != isReading else { return }
        self.isReading = isReading
        if isReading { read() }
        wait()
    }

    func flush() {
        guard phase == .open else { return }
        write()
        wait()
    }

    /// Says goodbye without waiting for an answer. The owner is not told.
    func close() {
        guard phase != .ended else { return }
        tls?.shutdown()
        release()
    }

    func ready(_ readiness: Readiness) {
        if phase == .connecting { finishConnecting() }
        if phase == .handshaking { handshake() }
        guard phase == .open else { return }
        if unsentBytes > 0 { write() }
        if phase == .open, isReading {
            read()
        } else if phase == .open, readiness.contains(.hangUp) {
            // Reported as long as it lasts, wanted or not; it will be found again when reading goes on.
            unregister()
        }
        wait()
    }

    // MARK: Opening

    private func finishConnecting() {
        if let error = socket.connectionError() {
            return end(.connect("cannot connect to \(peer): \(error)"))
        }
        guard let context else { return open(.http1) }
        do { tls = try TLSSession.connecting(socket.rawValue, with: context, to: name) } catch {
            return end(.tls("TLS with \(peer) is not possible: \(error)"))
        }
        phase = .handshaking
    }

    private func handshake() {
        do throws(OpenSSLError) {
            switch try tls?.handshake() {
            case .done: open(tls?.applicationProtocol ?? .http1)
            case .needs(let readiness): wait(for: readiness == .readable ? .readable : .writable)
            case .closed, nil: end(.tls("\(peer) ended the TLS handshake"))
            }
        } catch {
            end(.tls(refusal(error)))
        }
    }

    /// Why the handshake failed, for people.
    private func refusal(_ error: OpenSSLError) -> String {
        guard let reason = tls?.verificationFailure else {
            return "the TLS handshake with \(peer) failed: \(error)"
        }
        let wanted =
            switch name {
            case .dns(let name): name
            case .ip(let bytes): SubjectAlternativeName.ip(bytes).text
            }
        return "the certificate that \(peer) shows for \(wanted) is refused: \(reason)"
    }

    private func open(_ protocol: ApplicationProtocol) {
        phase = .open
        owner?.linkOpened(self, speaking: `protocol`)
    }

    // MARK: Open

    private func read() {
        while phase == .open, isReading {
            var isFilled = false
            do {
                let step = try unsafe input.appendStep(upTo: Self.readSize) { room throws(any Error) in
                    try unsafe readOnce(room)
                }
                switch step {
                case .wouldBlock: return
                case .closed: return end(nil)
                case .bytes(let count): isFilled = count == Self.readSize
                }
            } catch {
                return end(.connectionLost("\(error)"))
            }
            owner?.linkReceived(self)
            guard phase == .open else { return }
            // What TLS has read ahead raises no event any more.
            guard tls?.hasPending ?? isFilled else { return }
        }
    }

    private func readOnce(_ room: UnsafeMutableRawBufferPointer) throws -> Socket.Step {
        switch try unsafe tls?.read(into: room) {
        case .done(let count): .bytes(count)
        case .needs: .wouldBlock
        case .closed: .closed
        case nil: try unsafe socket.read(into: room)
        }
    }

    private func write() {
        while unsentBytes > 0 {
            do {
                let step = try unsafe output.withUnsafeBytes { bytes throws(any Error) in
                    try unsafe writeOnce(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
                }
                switch step {
                case .bytes(let count): sent += count
                case .wouldBlock: return
                case .closed: return failWriting("the peer closed it")
                }
            } catch {
                return failWriting("\(error)")
            }
        }
        guard sent > 0 else { return }
        sent = 0
        output.removeAll()
        owner?.linkWrote(self)
    }

    /// A server may answer and close before it has read everything (413): its answer counts.
    private func failWriting(_ reason: String) {
        if isReading { read() }
        end(.connectionLost(reason))
    }

    private func writeOnce(_ bytes: UnsafeRawBufferPointer) throws -> Socket.Step {
        switch try unsafe tls?.write(bytes) {
        case .done(let count): .bytes(count)
        case .needs: .wouldBlock
        case .closed: .closed
        case nil: try unsafe socket.write(bytes)
        }
    }

    private func wait() {
        guard phase == .open else { return }
        var wanted: Readiness = isReading ? .readable : []
        if unsentBytes > 0 { wanted.insert(.writable) }
        wait(for: wanted)
    }

    private func wait(for readiness: Readiness) {
        do {
            if let token {
                try reactor.update(token, for: readiness)
            } else if !readiness.isEmpty {
                token = try reactor.register(socket.rawValue, for: readiness, self)
            }
        } catch { end(.connectionLost("\(error)")) }
    }

    // MARK: Ending

    private func end(_ error: HTTPClientError?) {
        guard phase != .ended else { return }
        let owner = owner
        release()
        owner?.linkEnded(self, error)
    }

    private func release() {
        phase = .ended
        unregister()
        owner = nil
        socket.finishWriting()
    }

    private func unregister() {
        if let token { reactor.unregister(token) }
        token = nil
    }
}

extension ByteBuffer {
    /// One read into the free space.
    fileprivate func appendStep(
        upTo limit: Int, _ read: (UnsafeMutableRawBufferPointer) throws -> Socket.Step
    ) throws -> Socket.Step {
        var step = Socket.Step.wouldBlock
        _ = try unsafe appendUnsafe(upTo: limit) { room throws(any Error) in
            step = try unsafe read(room)
            if case .bytes(let count) = step { return count }
            return 0
        }
        return step
    }
}
