// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import Sockets

/// Makes one connection for a pool: looks the name up, then tries one address after another.
// Sendable though mutable: everything in it belongs to the reactor's thread.
final class ClientConnector: ClientLinkOwner, @unchecked Sendable {
    /// What it is busy with.
    var phase: HTTPClientError.Phase {
        guard let link else { return .resolving }
        return link.isHandshaking ? .handshaking : .connecting
    }
    let generation: Int
    private let pool: ClientPool
    private let tls: TLSContext?
    private var addresses: [SocketAddress] = []
    private var link: ClientLink?
    private var timer: Reactor.TimerToken?
    /// The failure that says most: of TLS, else of the first address.
    private var failure: HTTPClientError?
    private var isOver = false

    init(for pool: ClientPool, tls: TLSContext?, generation: Int) {
        self.pool = pool
        self.tls = tls
        self.generation = generation
    }

    func start() {
        let endpoint = pool.endpoint
        let fallback = endpoint.addresses.compactMap { SocketAddress(host: $0, port: endpoint.port) }
        if let address = SocketAddress(host: endpoint.host, port: endpoint.port) {
            return begin([address] + fallback)
        }
        let reactor = pool.reactor
        NameResolver.resolve(endpoint.host, port: endpoint.port) { outcome in
            reactor.submit { self.resolved(outcome, fallback) }
        }
    }

    func cancel() {
        isOver = true
        stopTimer()
        link?.close()
        link = nil
    }

    private func resolved(_ outcome: NameResolver.Outcome, _ fallback: [SocketAddress]) {
        switch outcome {
        case .addresses(let found): begin(found + fallback)
        case .failed(let reason):
            failure = .connect(reason)
            begin(fallback)
        }
    }

    private func begin(_ found: [SocketAddress]) {
        for address in found where !addresses.contains(address) { addresses.append(address) }
        addresses.reverse()
        tryNext()
    }

    private func tryNext() {
        guard !isOver else { return }
        stopTimer()
        guard let address = addresses.popLast() else {
            isOver = true
            return pool.connectFailed(self, failure ?? .connect("\(pool.endpoint) has no address"))
        }
        do {
            let link = try ClientLink(
                connectingTo: address, tls: tls, name: pool.serverName, on: pool.reactor)
            link.owner = self
            self.link = link
            try link.start()
        } catch {
            return failed(.connect("cannot connect to \(address): \(error)"))
        }
        timer = pool.reactor.schedule(afterMilliseconds: pool.limits.connectMilliseconds) { [weak self] in
            guard let self, let link = self.link else { return }
            guard link.isHandshaking else { return timedOut(.connecting) }
            timer = pool.reactor.schedule(afterMilliseconds: pool.limits.handshakeMilliseconds) {
                [weak self] in
                self?.timedOut(.handshaking)
            }
        }
    }

    private func timedOut(_ phase: HTTPClientError.Phase) {
        timer = nil
        link?.close()
        failed(.timeout(phase))
    }

    private func failed(_ error: HTTPClientError) {
        link = nil
        switch (failure, error) {
        case (nil, _): failure = error
        case (.tls?, _): break
        case (_, .tls): failure = error
        default: break
        }
        tryNext()
    }

    private func stopTimer() {
        if let timer { pool.reactor.cancel(timer) }
        timer = nil
    }

    // MARK: The link

    func linkOpened(_ link: ClientLink, speaking protocol: ApplicationProtocol) {
        isOver = true
        stopTimer()
        self.link = nil
        link.owner = nil
        pool.connected(self, link, speaking: `protocol`)
    }

    func linkReceived(_ link: ClientLink) {}
    func linkWrote(_ link: ClientLink) {}
    func linkEnded(_ link: ClientLink, _ error: HTTPClientError?) {
        failed(error ?? .connect("\(pool.endpoint) closed the connection"))
    }
}
