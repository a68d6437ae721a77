// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import HTTP
internal import HTTP2
internal import OpenSSL
internal import Sockets

/// One HTTP/2 connection of a client, for many exchanges at once.
final class HTTP2ClientConnection: ClientConnection, ClientLinkOwner {
    private let session: HTTP2Session
    private let link: ClientLink
    private let pool: ClientPool
    private var exchanges: [Int32: ClientExchange] = [:]
    private var startedCount = 0
    private var isRetiring = false
    private var isPumping = false
    private var isClosing = false
    private var isOver = false
    // Signs of life.
    private var pingTimer: Reactor.TimerToken?
    private var hasReceived = true
    private var pingNumber: UInt64 = 0

    /// Framed bytes that may wait for the socket.
    private static let outputLimit = 128 * 1024

    init(_ link: ClientLink, pool: ClientPool) throws(HTTPClientError) {
        do throws(HTTP2Error) { session = try HTTP2Session(role: .client, limits: pool.limits.http2) } catch {
            throw .protocolViolation("\(error)")
        }
        self.link = link
        self.pool = pool
        link.owner = self
        watchForLife()
        pump()
    }

    /// Whether it takes another exchange now.
    var hasRoom: Bool { !isRetiring && !isClosing && !isOver && session.openableStreams > 0 }

    func start(_ exchange: ClientExchange) {
        let request = exchange.request
        exchange.carrier = self
        exchange.isOnUsedConnection = startedCount > 0
        startedCount += 1
        do throws(HTTP2Error) {
            let id = try session.request(
                method: request.method.rawValue, scheme: "https", authority: pool.endpoint.authority,
                path: request.path,
                fields: request.fields, body: request.body)
            exchange.stream = id
            exchanges[id] = exchange
        } catch {
            retire()
            return pool.retry(exchange, wasProcessed: false, orFail: .connectionLost("\(error)"))
        }
        pump()
    }

    func abandon(_ exchange: ClientExchange) {
        guard exchanges.removeValue(forKey: exchange.stream) != nil else { return }
        session.reset(exchange.stream, .cancel)
        pump()
    }

    func resume(_ exchange: ClientExchange) {
        guard exchanges[exchange.stream] === exchange else { return }
        _ = exchange.received(session.takeBody(of: exchange.stream))
        pump()
    }

    /// Takes no new exchanges and ends with the last one it has.
    func retire() {
        guard !isRetiring else { return }
        isRetiring = true
        pool.retire(self)
        pump()
    }

    func close(_ error: HTTPClientError) {
        guard !isOver, !isClosing else { return }
        isClosing = true
        session.terminate(.noError)
        try? session.drain(into: link.output)
        link.flush()
        link.close()
        end { $0.fail(error) }
    }

    // MARK: The link

    func linkOpened(_ link: ClientLink, speaking protocol: ApplicationProtocol) {}
    func linkWrote(_ link: ClientLink) { pump() }

    func linkReceived(_ link: ClientLink) {
        hasReceived = true
        do throws(HTTP2Error) {
            try session.receive(link.input)
            link.input.removeAll()
        } catch {
            return close(.protocolViolation("\(error)"))
        }
        pump()
    }

    func linkEnded(_ link: ClientLink, _ error: HTTPClientError?) {
        let lost = error ?? .connectionLost("the server closed it")
        let pool = pool
        end { pool.retry($0, wasProcessed: true, orFail: lost) }
    }

    // MARK: The session

    /// Acts on what the session saw and sends what it has to say, until neither is anything.
    private func pump() {
        guard !isPumping, !isClosing, !isOver else { return }
        isPumping = true
        defer { isPumping = false }
        var isBusy = true
        while isBusy, !isClosing, !isOver {
            isBusy = false
            while let event = session.nextEvent() {
                isBusy = true
                handle(event)
            }
            do throws(HTTP2Error) {
                if link.unsentBytes < Self.outputLimit {
                    try session.drain(into: link.output, upTo: Self.outputLimit)
                }
            } catch {
                return close(.protocolViolation("\(error)"))
            }
            let unsent = link.unsentBytes
            link.flush()
            if link.unsentBytes < unsent && session.wantsToWrite { isBusy = true }
        }
        guard !isClosing, !isOver else { return }
        if startedCount > 0, exchanges.isEmpty, !isRetiring, !session.isFinished { pool.rested(self) }
        if session.isFinished || isRetiring && exchanges.isEmpty {
            close(.connectionLost("the server ended it"))
        }
    }

    private func handle(_ event: HTTP2Event) {
        switch event {
        case .response(let id):
            guard let exchange = exchanges[id], let stream = session.stream(id) else { return }
            exchange.received(status: stream.status, fields: stream.fields)
        case .data(let id):
            guard let exchange = exchanges[id] else {
                _ = session.takeBody(of: id)
                return
            }
            // Left untaken, the bytes hold the peer's window shut.
            if !exchange.isPaused { _ = exchange.received(session.takeBody(of: id)) }
        case .end(let id):
            guard let exchange = exchanges[id] else { return }
            // At most one window's worth, and the stream goes away: the reader gets it, behind or not.
            _ = exchange.received(session.takeBody(of: id))
            exchanges[id] = nil
            exchange.finish()
        case .closed(let id, let code):
            if let exchange = exchanges.removeValue(forKey: id) {
                if code == .refusedStream {
                    pool.retry(exchange, wasProcessed: false, orFail: .reset("\(code)"))
                } else {
                    exchange.fail(.reset("\(code)"))
                }
            }
            pool.dispatch()
        case .goAway: retire()
        case .settings: pool.dispatch()
        case .request, .refused, .writable, .pong: return
        }
    }

    private func end(_ settle: (ClientExchange) -> Void) {
        guard !isOver else { return }
        isOver = true
        if let pingTimer { pool.reactor.cancel(pingTimer) }
        pingTimer = nil
        let last = exchanges.values.sorted { $0.stream > $1.stream }
        exchanges.removeAll()
        pool.ended(self)
        for exchange in last { settle(exchange) }
    }

    // MARK: Signs of life

    /// Anything received counts; after a silence a PING is sent, and unanswered it ends the connection.
    private func watchForLife() {
        pingTimer = pool.reactor.schedule(afterMilliseconds: pool.limits.pingMilliseconds) { [weak self] in
            guard let self else { return }
            guard !hasReceived else {
                hasReceived = false
                return watchForLife()
            }
            pingNumber += 1
            session.ping(pingNumber)
            pingTimer = pool.reactor.schedule(afterMilliseconds: pool.limits.pongMilliseconds) {
                [weak self] in
                guard let self else { return }
                guard !hasReceived else { return watchForLife() }
                close(.connectionLost("the server did not answer a PING"))
            }
            pump()
        }
    }
}
