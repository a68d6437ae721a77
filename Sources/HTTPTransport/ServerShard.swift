// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import HTTP
internal import OpenSSL
internal import Sockets

/// The part of a server that lives on one reactor: its listeners and connections.
// Sendable because all but the constants and `submit` is confined to the reactor, which traps on misuse.
final class ServerShard: @unchecked Sendable {
    let reactor: Reactor
    let server: ServerCore
    private var listeners: [ListenerSource] = []
    private var connections: [UInt64: ServerConnection] = [:]
    private var lastID: UInt64 = 0
    private(set) var isEnding = false
    private var isFinal = false
    private var onDrained: (() -> Void)?
    private var dateText = ""
    private var dateDue = Int64.min

    init(_ reactor: Reactor, _ server: ServerCore) {
        self.reactor = reactor
        self.server = server
    }

    var handler: any HTTPHandler { server.handler }
    var limits: HTTPLimits { server.limits }

    /// From any thread: reaches the connection's engine, if the connection is still there.
    func submit(_ connection: UInt64, _ action: @escaping @Sendable (any ServerEngine) -> Void) {
        reactor.submit { self.connections[connection]?.withEngine(action) }
    }

    func connection(_ id: UInt64) -> ServerConnection? { connections[id] }

    /// The writing end of a streamed answer.
    func writer(_ connection: UInt64, _ exchange: Int32) -> HTTPResponseWriter {
        HTTPResponseWriter(
            limit: limits.streamBufferBytes,
            sink: HTTPResponseWriter.Sink(
                write: { bytes in self.submit(connection) { $0.write(bytes, on: exchange) } },
                finish: { self.submit(connection) { $0.finish(exchange) } },
                overflow: { self.submit(connection) { $0.cutOff(exchange) } }))
    }

    /// Takes or gives back a part of the budget for large bodies; false when it is overdrawn.
    func charge(_ bytes: Int) -> Bool { server.bodies.charge(bytes) }

    /// What is left of that budget.
    var bodyBytesLeft: Int { server.bodies.left }

    /// The time for the `date` field, a second old at most.
    func date() -> String {
        if reactor.now >= dateDue {
            dateText = HTTPDate.text(unixSeconds: Int64(time(nil)))
            dateDue = reactor.now + 500
        }
        return dateText
    }
}

// On the reactor
extension ServerShard {
    func listen(_ listener: consuming Listener) {
        let source = ListenerSource(listener, self)
        guard source.start() else { return }
        listeners.append(source)
    }

    func take(_ socket: consuming Socket, from peer: SocketAddress) {
        guard server.census.admit(peer.ip) else { return }
        lastID += 1
        do throws(Channel.Failure) {
            let channel =
                switch server.context {
                case nil: Channel(socket)
                case let context?: try Channel.accepting(socket, with: context)
                }
            let connection = ServerConnection(channel, id: lastID, peer: peer, shard: self)
            connections[lastID] = connection
            connection.start()
        } catch { server.census.leave(peer.ip) }
    }

    func remove(_ connection: ServerConnection) {
        guard connections.removeValue(forKey: connection.id) != nil else { return }
        server.census.leave(connection.peer.ip)
        checkDrained()
    }

    /// Asks peers to go elsewhere while all is still served.
    func beginEnding() {
        isEnding = true
        for connection in Array(connections.values) {
            connection.withEngine { $0.announceEnd(final: false) }
        }
    }

    /// Accepts nothing more, closes what is idle, lets the rest finish until the deadline.
    func drain(withinMilliseconds deadline: Int64, _ done: @escaping () -> Void) {
        isEnding = true
        isFinal = true
        for listener in listeners { listener.stop() }
        listeners.removeAll()
        onDrained = done
        for connection in Array(connections.values) {
            // A request that has arrived unread is under way.
            connection.takeWhatCame()
            connection.withEngine { $0.announceEnd(final: true) }
        }
        endIdle()
        _ = reactor.schedule(afterMilliseconds: ServerConnection.freshMilliseconds) { self.endIdle() }
        _ = reactor.schedule(afterMilliseconds: deadline) {
            for connection in Array(self.connections.values) { connection.close() }
        }
        checkDrained()
    }

    private func endIdle() {
        for connection in Array(connections.values) where connection.isIdle { connection.leave() }
    }

    private func checkDrained() {
        guard isFinal, connections.isEmpty, let done = onDrained else { return }
        onDrained = nil
        done()
    }
}

/// Accepts for one shard.
private final class ListenerSource: ReactorSource {
    private var listener: Listener
    private unowned let shard: ServerShard
    private var token: Reactor.Token?
    /// Peers taken per event, so that a storm of them does not starve those already here.
    private static let acceptsPerTurn = 16
    /// The backlog's length.
    private static let mostWaiting = 1024
    /// Long enough to cost nothing, short enough for a client in its TCP handshake not to notice.
    private static let restMilliseconds: Int64 = 100

    init(_ listener: consuming Listener, _ shard: ServerShard) {
        self.listener = listener
        self.shard = shard
    }

    func start() -> Bool {
        do { token = try shard.reactor.register(listener.rawValue, for: .readable, self) } catch {
            return false
        }
        return true
    }

    /// Whoever the kernel has connected already is still served: closing on them would reset them.
    func stop() {
        for _ in 0..<Self.mostWaiting where !takeOne() { break }
        if let token { shard.reactor.unregister(token) }
        token = nil
    }

    func ready(_ readiness: Readiness) {
        for _ in 0..<Self.acceptsPerTurn where !takeOne() { return }
    }

    /// False when there is nobody to take just now.
    private func takeOne() -> Bool {
        do throws(SystemCallError) {
            switch try listener.accept() {
            case .accepted(let socket, let peer):
                shard.take(socket, from: peer)
                return true
            case .wouldBlock: return false
            case .turnedAway: break
            }
        } catch {}
        rest()
        return false
    }

    /// Without descriptors or memory the next try fails too, and the backlog would spin the loop meanwhile.
    private func rest() {
        guard let token else { return }
        try? shard.reactor.update(token, for: Readiness())
        _ = shard.reactor.schedule(afterMilliseconds: Self.restMilliseconds) { [weak self] in
            guard let self, let token = self.token else { return }
            try? shard.reactor.update(token, for: .readable)
        }
    }
}
