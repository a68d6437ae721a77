// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import Sockets

/// A connection that carries exchanges for a pool.
protocol ClientConnection: ClientCarrier {
    /// Ends it; what it carries fails with `error`.
    func close(_ error: HTTPClientError)
}

/// The connections of one client and the requests that wait for one, all on one reactor's thread.
// Sendable though mutable: everything in it belongs to the reactor's thread; only constants are read elsewhere.
final class ClientPool: @unchecked Sendable {
    let reactor: Reactor
    let endpoint: HTTPEndpoint
    let serverName: ServerName
    let limits: HTTPClientLimits

    private var tls: TLSContext?
    /// Raised by `updateTLS`: connections of an older generation take no new requests.
    private var generation = 0
    private var waiting: [ClientExchange] = []
    private var connectors: [ClientConnector] = []
    private var connections: [ObjectIdentifier: any ClientConnection] = [:]
    /// Those that take requests. One is enough until its server's streams are all in use: watches hold one each for minutes.
    private var http2: [HTTP2ClientConnection] = []
    private var idle: [HTTP1ClientConnection] = []
    private var http1Count = 0
    /// What the last connection spoke: while it may be HTTP/2, one connection is made at a time.
    private var speaksHTTP1 = false
    private var isDispatching = false
    private var isClosed = false

    init(
        reactor: Reactor, endpoint: HTTPEndpoint, tls: TLSContext?, serverName: ServerName,
        limits: HTTPClientLimits
    ) {
        self.reactor = reactor
        self.endpoint = endpoint
        self.tls = tls
        self.serverName = serverName
        self.limits = limits
        speaksHTTP1 = tls == nil
    }

    var isSecure: Bool { tls != nil }

    // MARK: Exchanges

    func take(_ exchange: ClientExchange, timeoutMilliseconds: Int64) {
        guard !isClosed else { return exchange.fail(.closed) }
        guard !exchange.isOver else { return }
        guard waiting.count < limits.waiting else { return exchange.fail(.overloaded) }
        exchange.timer = reactor.schedule(afterMilliseconds: timeoutMilliseconds) {
            [weak self, weak exchange] in
            guard let self, let exchange else { return }
            stop(exchange, .timeout(phase(of: exchange)))
        }
        waiting.append(exchange)
        dispatch()
    }

    func cancel(_ exchange: ClientExchange) { stop(exchange, .cancelled) }

    /// Puts an exchange back in front, if it may be sent again; else fails it.
    func retry(_ exchange: ClientExchange, wasProcessed: Bool, orFail error: HTTPClientError) {
        guard !isClosed, exchange.mayRetry(wasProcessed: wasProcessed) else { return exchange.fail(error) }
        exchange.willRetry()
        waiting.insert(exchange, at: 0)
        dispatch()
    }

    private func stop(_ exchange: ClientExchange, _ error: HTTPClientError) {
        guard !exchange.isOver else { return }
        let carrier = exchange.carrier
        exchange.fail(error)
        waiting.removeAll { $0 === exchange }
        carrier?.abandon(exchange)
    }

    private func phase(of exchange: ClientExchange) -> HTTPClientError.Phase {
        guard exchange.carrier == nil else { return exchange.hasHead ? .body : .response }
        return connectors.first?.phase ?? .waiting
    }

    /// Gives waiting exchanges to connections, and makes connections where they are missing.
    func dispatch() {
        guard !isDispatching else { return }
        isDispatching = true
        defer { isDispatching = false }
        while let next = waiting.first {
            if let connection = http2.first(where: \.hasRoom) {
                waiting.removeFirst()
                connection.start(next)
            } else if !http2.isEmpty {
                return http2.count < limits.connections ? connect() : ()
            } else if next.attempts == 1, let connection = idle.popLast() {
                waiting.removeFirst()
                connection.start(next)
            } else {
                return connect()
            }
        }
    }

    private func connect() {
        let wanted = speaksHTTP1 ? min(waiting.count, limits.connections - http1Count) : 1
        // One that may not use an old connection must not wait for all of them either.
        if speaksHTTP1, http1Count >= limits.connections, let old = idle.popLast() { old.close(.closed) }
        while connectors.count < wanted {
            let connector = ClientConnector(for: self, tls: tls, generation: generation)
            connectors.append(connector)
            connector.start()
        }
    }

    // MARK: Connections

    func connected(_ connector: ClientConnector, _ link: ClientLink, speaking protocol: ApplicationProtocol) {
        connectors.removeAll { $0 === connector }
        guard !isClosed, connector.generation == generation else {
            link.close()
            return dispatch()
        }
        speaksHTTP1 = `protocol` == .http1
        // Several were under way while the server still spoke HTTP/1.1: one with room is enough now.
        guard speaksHTTP1 || !http2.contains(where: \.hasRoom) else { return link.close() }
        switch `protocol` {
        case .http1:
            let connection = HTTP1ClientConnection(link, pool: self, generation: generation)
            connections[ObjectIdentifier(connection)] = connection
            http1Count += 1
            // A new connection first serves who may not use an old one.
            if let next = waiting.first {
                waiting.removeFirst()
                connection.start(next)
            } else {
                idle.append(connection)
                connection.rest()
            }
        case .http2:
            do throws(HTTPClientError) {
                let connection = try HTTP2ClientConnection(link, pool: self)
                connections[ObjectIdentifier(connection)] = connection
                http2.append(connection)
            } catch {
                link.close()
                return failWaiting(error)
            }
        }
        dispatch()
    }

    func connectFailed(_ connector: ClientConnector, _ error: HTTPClientError) {
        connectors.removeAll { $0 === connector }
        guard connector.generation == generation else { return dispatch() }
        guard http1Count > 0 || !http2.isEmpty, let first = waiting.first else { return failWaiting(error) }
        // The others may still get one of the connections there are.
        waiting.removeFirst()
        first.fail(error)
        dispatch()
    }

    /// An HTTP/1.1 connection has answered and can take another request.
    func release(_ connection: HTTP1ClientConnection) {
        guard !isClosed, connection.generation == generation else { return connection.close(.closed) }
        idle.append(connection)
        connection.rest()
        dispatch()
    }

    /// An HTTP/2 connection takes no new requests.
    func retire(_ connection: HTTP2ClientConnection) {
        http2.removeAll { $0 === connection }
        dispatch()
    }

    /// An HTTP/2 connection carries nothing any more: it stays for what comes next, unless another has room for that.
    func rested(_ connection: HTTP2ClientConnection) {
        if http2.contains(where: { $0 !== connection && $0.hasRoom }) { connection.retire() }
    }

    func ended(_ connection: any ClientConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        if connection is HTTP1ClientConnection { http1Count -= 1 }
        idle.removeAll { $0 === connection }
        http2.removeAll { $0 === connection }
        dispatch()
    }

    func updateTLS(_ context: TLSContext) {
        guard !isClosed else { return }
        tls = context
        retireConnections()
        dispatch()
    }

    /// Lets connections finish what they carry and take nothing new.
    func retireConnections() {
        generation += 1
        for connector in connectors { connector.cancel() }
        connectors.removeAll()
        for connection in idle { connection.close(.closed) }
        let old = http2
        http2.removeAll()
        for connection in old { connection.retire() }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        for connector in connectors { connector.cancel() }
        connectors.removeAll()
        failWaiting(.closed)
        for connection in Array(connections.values) { connection.close(.closed) }
    }

    private func failWaiting(_ error: HTTPClientError) {
        let failed = waiting
        waiting.removeAll()
        for exchange in failed { exchange.fail(error) }
    }
}
