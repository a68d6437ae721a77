// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import Sockets

/// What carries an exchange at the moment, to stop it or let it go on.
protocol ClientCarrier: AnyObject {
    func abandon(_ exchange: ClientExchange)
    func resume(_ exchange: ClientExchange)
}

/// One request and its response, from the queue over a connection to the waiting task.
// Sendable though mutable: `request`, `isStreamed` and `channel` never change, the rest belongs to the reactor.
final class ClientExchange: @unchecked Sendable {
    let request: HTTPClientRequest
    let isStreamed: Bool
    let channel: ResponseChannel
    private let limits: HTTPClientLimits
    private let reactor: Reactor

    /// The connection that has it; nil while it waits and when it is over.
    weak var carrier: (any ClientCarrier)?
    var timer: Reactor.TimerToken?
    /// Its HTTP/2 stream on `carrier`.
    var stream: Int32 = 0
    /// Its connection had served others before, so it may have died unnoticed.
    var isOnUsedConnection = false
    /// More than one: a connection failed it, and next time it gets a new one.
    private(set) var attempts = 1
    private(set) var hasHead = false
    private(set) var isOver = false
    /// The reader is behind.
    private(set) var isPaused = false

    private var response = HTTPResponse(status: 0)

    init(
        _ request: HTTPClientRequest, isStreamed: Bool, limits: HTTPClientLimits, reactor: Reactor,
        pool: ClientPool
    ) {
        self.request = request
        self.isStreamed = isStreamed
        self.limits = limits
        self.reactor = reactor
        let handle = Handle()
        channel = ResponseChannel(
            limit: limits.streamBufferBytes,
            onResume: { reactor.submit { handle.exchange?.resume() } },
            onCancel: { reactor.submit { if let exchange = handle.exchange { pool.cancel(exchange) } } })
        handle.exchange = self
    }

    /// Breaks the circle between the channel's closures and the exchange.
    // Written once before anything else can see it; weak references are safe to read from any thread.
    private final class Handle: @unchecked Sendable { weak var exchange: ClientExchange? }

    // Whatever became of it, nobody waits for ever.
    deinit { channel.fail(.closed) }

    /// A lost request may be sent again where the server did nothing with it; and once where the connection may
    /// have been dead all along and doing it twice is doing it once.
    func mayRetry(wasProcessed: Bool) -> Bool {
        guard !isOver, !hasHead else { return false }
        if !wasProcessed { return attempts <= Self.mostRetries }
        return attempts == 1 && isOnUsedConnection && request.isIdempotent
    }

    /// A server being rolled may say GOAWAY on the new connection as well.
    private static let mostRetries = 3

    func willRetry() {
        attempts += 1
        carrier = nil
    }

    func received(status: Int, fields: HTTPFields) {
        guard !isOver, !hasHead else { return }
        hasHead = true
        response = HTTPResponse(status: status, fields: fields.map { ($0.name, $0.value) })
        guard isStreamed else { return }
        cancelTimer()
        channel.deliver(response)
    }

    /// False when the peer is to wait.
    func received(_ bytes: [UInt8]) -> Bool {
        guard !isOver else { return true }
        if isStreamed {
            isPaused = !channel.deliver(bytes)
            return !isPaused
        }
        guard response.body.count + bytes.count <= limits.responseBytes else {
            let carrier = carrier
            fail(.tooLarge(limit: limits.responseBytes))
            carrier?.abandon(self)
            return true
        }
        if response.body.isEmpty { response.body = bytes } else { response.body += bytes }
        return true
    }

    func finish() {
        guard end() else { return }
        if !isStreamed { channel.deliver(response) }
        channel.finish()
    }

    func fail(_ error: HTTPClientError) {
        guard end() else { return }
        channel.fail(error)
    }

    private func resume() {
        guard !isOver, isPaused else { return }
        isPaused = false
        carrier?.resume(self)
    }

    private func end() -> Bool {
        guard !isOver else { return false }
        isOver = true
        carrier = nil
        cancelTimer()
        return true
    }

    private func cancelTimer() {
        if let timer { reactor.cancel(timer) }
        timer = nil
    }
}
