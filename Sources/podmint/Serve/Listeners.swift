// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import HTTPTransport
internal import Logging
internal import OpenSSL
internal import Sockets
internal import Synchronization

/// The sockets that are served, each with its own handler, so that a NetworkPolicy can close each to whom it does not
/// serve.
final class Listeners: Sendable {
    enum Security: Sendable {
        case plain
        /// With `clients`, only who shows a certificate of theirs is heard.
        case tls(TLSIdentity, clients: [Certificate]? = nil)
    }

    private struct Served: Sendable {
        let flag: String
        let server: HTTPServer
        var security: Security

        var isTLS: Bool { if case .tls = security { true } else { false } }
    }

    private static let protocols: [ApplicationProtocol] = [.http2, .http1]

    private let reactors: ReactorGroup
    private let served = Mutex<[Served]>([])

    init(reactors: ReactorGroup) { self.reactors = reactors }

    func open(
        _ flag: String, at address: SocketAddress, _ security: Security, limits: HTTPLimits = HTTPLimits(),
        _ handler: some HTTPHandler
    ) throws(ToolFailure) {
        let server: HTTPServer
        do {
            // The server's sockets share their port, one per reactor, and so would another server's: half of the reviews
            // would go to each. Whether there is one shows only without sharing.
            _ = try Listener.listening(on: address, sharing: false)
            server = try HTTPServer(
                reactors: reactors, listen: [address], security: Self.transport(security), limits: limits,
                handler: handler)
        } catch {
            throw .failed(
                "cannot listen on \(address): \(error)",
                hint:
                    "another server is there, or the address is not this machine's; --\(flag) names another one"
            )
        }
        served.withLock { $0.append(Served(flag: flag, server: server, security: security)) }
    }

    /// New connections get the new certificate; those there are keep theirs.
    func show(_ identity: TLSIdentity) throws(OpenSSLError) {
        try change { flag, _, clients in .tls(identity, clients: clients) }
    }

    /// New connections to that listener must come from these.
    func admit(_ clients: [Certificate], to flag: String) throws(OpenSSLError) {
        try change { listener, identity, former in
            .tls(identity, clients: listener == flag ? clients : former)
        }
    }

    /// Of what was opened for that flag; nothing before that.
    func statistics(of flag: String) -> HTTPServerStatistics? {
        served.withLock { $0.first { $0.flag == flag }?.server.statistics }
    }

    private func change(
        _ next: (String, TLSIdentity, [Certificate]?) -> Security
    ) throws(OpenSSLError) {
        try served.withLock { served throws(OpenSSLError) in
            for index in served.indices {
                guard case .tls(let identity, let clients) = served[index].security else { continue }
                let security = next(served[index].flag, identity, clients)
                guard case .tls(let context) = try Self.transport(security) else { continue }
                served[index].server.replaceIdentity(context)
                served[index].security = security
            }
        }
    }

    private static func transport(_ security: Security) throws(OpenSSLError) -> HTTPServer.Security {
        switch security {
        case .plain: .plain
        case .tls(let identity, let clients):
            .tls(try .server(identity: identity, alpn: protocols, clientAuthorities: clients))
        }
    }

    /// All at once; health goes last, so that whoever asks is told "not ready" to the end.
    func shutdown(grace: Duration) async {
        let served = served.withLock { $0 }
        await withTaskGroup(of: Void.self) { group in
            for one in served where one.isTLS {
                group.addTask { await one.server.shutdown(grace: grace) }
            }
        }
        for one in served where !one.isTLS {
            await one.server.shutdown(grace: .zero, drain: .seconds(1))
        }
    }
}
