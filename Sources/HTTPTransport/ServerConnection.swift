// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import HTTP
internal import OpenSSL
internal import Sockets

/// One peer of a server: its bytes, its deadlines, its end. What the bytes mean is its engine's business.
/// Confined to its shard's reactor. A request costs one read, one write and at most one epoll_wait.
final class ServerConnection: ReactorSource {
    enum Phase {
        case handshake
        case open
        /// Everything that will be said is in `output`.
        case lastWords(lingers: Bool)
        /// All is said; what the peer still sends is dropped, since closing on it would reset our last words.
        case lingering
        case closed
    }

    let id: UInt64
    let shard: ServerShard
    let peer: SocketAddress
    let peerText: String
    let input = ByteBuffer(minimumCapacity: 4096)
    let output = ByteBuffer(minimumCapacity: 4096)

    var channel: Channel
    var engine: (any ServerEngine)?
    var phase = Phase.handshake
    var token: Reactor.Token?
    /// Bytes of `output` that are sent already.
    private var sent = 0
    /// What the last blocked write or handshake waits for besides reading.
    var waitsFor = Readiness()
    private let acceptedAt: Int64
    var phaseDeadline: Int64
    var writeDeadline = Int64.max
    var timer: (token: Reactor.TimerToken, due: Int64)?
    private var lingeredBytes = 0
    private var isPumping = false
    /// TLS has read further than we took, which epoll does not tell: there is more to read without an event.
    var holdsBytes = false
    var isResuming = false

    private static let lingerMilliseconds: Int64 = 2_000
    /// A handshake's round trips and the request behind them.
    static let freshMilliseconds: Int64 = 1_000
    /// Of a refused body, as much as a body may have: the peer reads our refusal once it has sent.
    private var lingerBytes: Int { shard.limits.bodyBytes }
    /// Reads per event before others get their turn: 64 records of 16 kB are 1 MiB.
    private static let readsPerTurn = 64

    init(_ channel: consuming Channel, id: UInt64, peer: SocketAddress, shard: ServerShard) {
        self.channel = channel
        self.id = id
        self.peer = peer
        peerText = peer.host
        self.shard = shard
        acceptedAt = shard.reactor.now
        phaseDeadline = acceptedAt + shard.limits.handshakeMilliseconds
    }

    func start() {
        do { token = try shard.reactor.register(channel.descriptor, for: .readable, self) } catch {
            return close()
        }
        if !channel.isEncrypted { open(.http1) }
        arm()
    }

    var now: Int64 { shard.reactor.now }
    /// No request is under way, nor on its way from a peer who has only just connected to send one.
    var isIdle: Bool {
        guard case .open = phase, now - acceptedAt >= Self.freshMilliseconds else { return false }
        return engine?.isIdle ?? true
    }
    var unsentBytes: Int { output.count - sent }

    func ready(_ readiness: Readiness) {
        pump {
            advance()
            // Whoever does not read does not see the end, and epoll would report it for ever.
            if readiness.hasHungUp && !reads { close() }
        }
    }

    /// As `ready`, without an event.
    func takeWhatCame() { pump { advance() } }

    /// Runs something that may produce output, then sends it and settles what to wait for. Nested calls are one.
    func pump(_ body: () -> Void) {
        guard !isPumping else { return body() }
        isPumping = true
        body()
        flush()
        isPumping = false
        settle()
    }

    // MARK: For the engine

    func withEngine(_ body: (any ServerEngine) -> Void) {
        guard case .open = phase, let engine else { return }
        pump { body(engine) }
    }

    /// Closes once the output is out. `lingers` where the peer may still be sending.
    func closeAfterOutput(lingers: Bool) {
        guard case .open = phase else { return }
        phase = .lastWords(lingers: lingers)
        phaseDeadline = now + shard.limits.writeMilliseconds
        engine?.peerLeft()
    }

    /// Closes on a peer that asks for nothing, but may just be about to: it must read the end, not a reset.
    func leave() { pump { closeAfterOutput(lingers: true) } }

    /// Closes now; what is unsent is lost.
    func close() {
        if case .closed = phase { return }
        phase = .closed
        engine?.peerLeft()
        if let token { shard.reactor.unregister(token) }
        token = nil
        if let timer { shard.reactor.cancel(timer.token) }
        timer = nil
        channel.sayGoodbye()
        shard.remove(self)
    }
}

// I/O
extension ServerConnection {
    private func advance() {
        if case .handshake = phase { shakeHands() }
        if !output.isEmpty { flush() }
        switch phase {
        case .open: readAndProcess()
        case .lingering: drop()
        default: break
        }
    }

    private func shakeHands() {
        do throws(Channel.Failure) {
            switch try channel.handshake() {
            case .bytes: open(channel.applicationProtocol)
            case .needs(let readiness): waitsFor = readiness.subtracting(.readable)
            case .closed: close()
            }
        } catch {
            shard.server.census.handshakeFailed()
            close()
        }
    }

    private func open(_ version: ApplicationProtocol) {
        waitsFor = Readiness()
        phase = .open
        phaseDeadline = .max
        switch version {
        case .http1: engine = HTTP1ServerEngine(self)
        case .http2:
            guard let engine = HTTP2ServerEngine(self) else { return close() }
            self.engine = engine
        }
        if shard.isEnding { engine?.announceEnd(final: false) }
    }

    private func readAndProcess() {
        guard let engine else { return }
        for _ in 0..<Self.readsPerTurn {
            guard case .open = phase, let (buffer, room) = engine.readTarget() else { return }
            do throws(Channel.Failure) {
                switch try channel.read(into: buffer, upTo: room) {
                case .bytes(let count):
                    holdsBytes = channel.hasPending
                    engine.received(count)
                    // A socket read that did not fill the room emptied the socket; TLS knows what it holds.
                    guard channel.isEncrypted ? holdsBytes : count == room else { return }
                case .needs(let readiness):
                    // What TLS still holds is part of a record, and the rest of it will be an event.
                    holdsBytes = false
                    waitsFor = readiness.subtracting(.readable)
                    return
                case .closed:
                    return unsentBytes > 0 ? closeAfterOutput(lingers: false) : close()
                }
            } catch { return close() }
        }
    }

    private func flush() {
        var progressed = false
        while unsentBytes > 0 {
            if case .closed = phase { return }
            do throws(Channel.Failure) {
                switch try channel.write(output, from: sent) {
                case .bytes(let count):
                    sent += count
                    progressed = true
                    writeDeadline = .max
                    waitsFor = Readiness()
                case .needs(let readiness):
                    waitsFor = readiness.subtracting(.readable)
                    if progressed || writeDeadline == .max {
                        writeDeadline = now + shard.limits.writeMilliseconds
                    }
                    compact()
                    if case .open = phase { engine?.outputTaken() }
                    return
                case .closed: return close()
                }
            } catch { return close() }
            if unsentBytes == 0 {
                compact()
                if case .open = phase { engine?.outputTaken() }
            }
        }
        finishLastWords()
    }

    /// Drops what was sent once that is everything, or more than what is left.
    private func compact() {
        if sent == output.count {
            output.removeAll()
        } else if sent > output.count / 2 {
            output.removeFirst(sent)
        } else {
            return
        }
        sent = 0
    }

    private func finishLastWords() {
        guard case .lastWords(let lingers) = phase else { return }
        guard lingers else { return close() }
        phase = .lingering
        phaseDeadline = now + Self.lingerMilliseconds
        channel.finishWriting()
    }

    private func drop() {
        while lingeredBytes < lingerBytes {
            input.removeAll()
            do throws(Channel.Failure) {
                switch try channel.read(into: input, upTo: 16 * 1024) {
                case .bytes(let count): lingeredBytes += count
                case .needs: return
                case .closed: return close()
                }
            } catch { return close() }
        }
        close()
    }
}
