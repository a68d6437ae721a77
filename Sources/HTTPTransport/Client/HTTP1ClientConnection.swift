// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import HTTP
internal import OpenSSL
internal import Sockets

/// One HTTP/1.1 connection of a client: one exchange at a time, no pipelining.
final class HTTP1ClientConnection: ClientConnection, ClientLinkOwner {
    let generation: Int
    private let link: ClientLink
    private let pool: ClientPool
    private var exchange: ClientExchange?
    private var parser: HTTP1ResponseParser?
    private var idleTimer: Reactor.TimerToken?
    private var hasServed = false
    private var hasSent = false

    init(_ link: ClientLink, pool: ClientPool, generation: Int) {
        self.link = link
        self.pool = pool
        self.generation = generation
        link.owner = self
        // From now on the end of the connection is noticed, even while nobody asks for anything.
        link.flush()
    }

    func start(_ exchange: ClientExchange) {
        stopTimer()
        exchange.carrier = self
        exchange.isOnUsedConnection = hasServed
        self.exchange = exchange
        let request = exchange.request
        hasSent = false
        parser = HTTP1ResponseParser(answering: request.method, limits: pool.limits.http1)
        HTTP1Encoder.appendRequestHead(
            request.method, path: request.path, host: pool.endpoint.authority, fields: request.fields,
            bodyCount: request.body.count, to: link.output)
        link.output.append(request.body)
        let count = link.unsentBytes
        link.flush()
        if link.unsentBytes < count { hasSent = true }
    }

    /// Waits for the next request, not for ever.
    func rest() {
        stopTimer()
        idleTimer = pool.reactor.schedule(afterMilliseconds: pool.limits.idleMilliseconds) { [weak self] in
            self?.idleTimer = nil
            self?.close(.closed)
        }
    }

    func close(_ error: HTTPClientError) {
        link.close()
        over { $0.fail(error) }
    }

    func abandon(_ exchange: ClientExchange) {
        // The rest of its response is on its way, so the connection is of no more use.
        guard self.exchange === exchange else { return }
        close(.cancelled)
    }

    func resume(_ exchange: ClientExchange) {
        guard self.exchange === exchange else { return }
        parse()
        if !exchange.isPaused { link.setReading(true) }
    }

    // MARK: The link

    func linkOpened(_ link: ClientLink, speaking protocol: ApplicationProtocol) {}
    func linkWrote(_ link: ClientLink) { hasSent = true }

    func linkReceived(_ link: ClientLink) {
        // Nothing was asked: a peer's parting words, or worse.
        guard exchange != nil else { return close(.closed) }
        parse()
    }

    func linkEnded(_ link: ClientLink, _ error: HTTPClientError?) {
        guard let exchange, var parser else { return over { _ in } }
        if error == nil, (try? parser.endOfInput()) == .complete {
            _ = pass(exchange, parser)
            return over { $0.finish() }
        }
        let lost = error ?? .connectionLost("the server closed it before the response was whole")
        let (wasSent, pool) = (hasSent, pool)
        over { pool.retry($0, wasProcessed: wasSent, orFail: lost) }
    }

    // MARK: The response

    private func parse() {
        while let exchange, !exchange.isPaused, var parser {
            self.parser = nil
            let step: HTTP1ResponseParser.Step
            do { step = try parser.advance(link.input) } catch {
                link.close()
                return over { $0.fail(.protocolViolation(error.reason)) }
            }
            self.parser = parser
            let goesOn = pass(exchange, parser)
            // Passing may have ended it: too large, or cancelled.
            guard self.exchange === exchange else { return }
            switch step {
            case .complete: return complete(exchange, parser)
            case .head: break
            case .needsMore:
                if !goesOn { link.setReading(false) }
                return
            }
            if !goesOn { return link.setReading(false) }
        }
    }

    /// Hands on what the parser has collected.
    private func pass(_ exchange: ClientExchange, _ parser: HTTP1ResponseParser) -> Bool {
        guard parser.status > 0 else { return true }
        exchange.received(status: parser.status, fields: parser.fields)
        guard !parser.body.isEmpty else { return true }
        let bytes = parser.body.bytes
        parser.body.removeAll()
        return exchange.received(bytes)
    }

    private func complete(_ exchange: ClientExchange, _ parser: HTTP1ResponseParser) {
        self.exchange = nil
        self.parser = nil
        hasServed = true
        let isReusable = parser.keepsAlive && link.input.isEmpty && link.unsentBytes == 0
        exchange.finish()
        if isReusable {
            link.setReading(true)
            pool.release(self)
        } else {
            close(.closed)
        }
    }

    /// The connection is done with; what it carried is settled last, since that may start the next.
    private func over(_ settle: (ClientExchange) -> Void) {
        stopTimer()
        let last = exchange
        exchange = nil
        parser = nil
        pool.ended(self)
        if let last { settle(last) }
    }

    private func stopTimer() {
        if let idleTimer { pool.reactor.cancel(idleTimer) }
        idleTimer = nil
    }
}
