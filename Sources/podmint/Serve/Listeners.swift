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
    private let reactors: ReactorGroup
    private let servers = Mutex<[(server: HTTPServer, isTLS: Bool)]>([])

    init(reactors: ReactorGroup) { self.reactors = reactors }

    func open(
        _ flag: String, at address: SocketAddress, _ security: HTTPServer.Security,
        limits: HTTPLimits = HTTPLimits(),
        _ handler: some HTTPHandler
    ) throws(ToolFailure) {
        let server: HTTPServer
        do throws(SystemCallError) {
            // The server's sockets share their port, one per reactor, and so would another server's: half of the reviews
            // would go to each. Whether there is one shows only without sharing.
            _ = try Listener.listening(on: address, sharing: false)
            server = try HTTPServer(
                reactors: reactors, listen: [address], security: security, limits: limits, handler: handler)
        } catch {
            throw .failed(
                "cannot listen on \(address): \(error)",
                hint:
                    "another server is there, or the address is not this machine's; --\(flag) names another one"
            )
        }
        let isTLS = if case .tls = security { true } else { false }
        servers.withLock { $0.append((server, isTLS)) }
    }

    /// New connections get the new certificate; those there are keep theirs.
    func replaceIdentity(_ context: TLSContext) {
        for (server, isTLS) in servers.withLock({ $0 }) where isTLS { server.replaceIdentity(context) }
    }

    /// All at once; health goes last, so that whoever asks is told "not ready" to the end.
    func shutdown(grace: Duration) async {
        let servers = servers.withLock { $0 }
        await withTaskGroup(of: Void.self) { group in
            for (server, isTLS) in servers where isTLS {
                group.addTask { await server.shutdown(grace: grace) }
            }
        }
        for (server, isTLS) in servers where !isTLS {
            await server.shutdown(grace: .zero, drain: .seconds(1))
        }
    }
}
