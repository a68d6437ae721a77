// SPDX-License-Identifier: Apache-2.0
package import HTTP
package import OpenSSL
package import Sockets
internal import Synchronization

/// An HTTP server on the reactors of a group, over TLS (HTTP/2 and HTTP/1.1 by ALPN) or plain (HTTP/1.1).
///
/// Each reactor listens on its own socket of the same port; a connection stays where it was accepted.
package final class HTTPServer: Sendable {
    package enum Security: Sendable {
        case plain
        case tls(TLSContext)
    }

    /// The port listened on: the kernel's choice where 0 was asked for.
    package let boundPort: Int
    let core: ServerCore
    private let shards: [ServerShard]

    /// Listens when it returns.
    package init(
        reactors: ReactorGroup, listen addresses: [SocketAddress], security: Security,
        limits: HTTPLimits = HTTPLimits(), handler: any HTTPHandler
    ) throws(SystemCallError) {
        let core = ServerCore(security, limits, handler)
        let shards = reactors.reactors.map { ServerShard($0, core) }
        precondition(!addresses.isEmpty, "a server needs an address to listen on")
        var bound: [(shard: ServerShard, descriptor: CInt)] = []
        var ports: [Int] = []
        do throws(SystemCallError) {
            for address in addresses {
                var address = address
                for shard in shards {
                    let listener = try Listener.listening(on: address)
                    // The other reactors' listeners join the port that the kernel chose for the first.
                    address = SocketAddress(ip: address.ip, port: try listener.localAddress().port)
                    bound.append((shard, listener.release()))
                }
                ports.append(Int(address.port))
            }
        } catch {
            for (_, descriptor) in bound { _ = FileDescriptor(owning: descriptor) }
            throw error
        }
        for (shard, descriptor) in bound {
            shard.reactor.submit { shard.listen(Listener(owning: FileDescriptor(owning: descriptor))) }
        }
        boundPort = ports[0]
        self.core = core
        self.shards = shards
    }

    package var statistics: HTTPServerStatistics { core.census.statistics }

    /// New connections get this context; those there are keep theirs to their end.
    package func replaceIdentity(_ context: TLSContext) { core.replace(context) }

    /// Ends without refusing anybody: for `grace`, while clients still learn that we are going, everything is
    /// served, but peers are asked to reconnect (`Connection: close`, GOAWAY); then listening stops, idle
    /// connections are closed, and what is under way may finish within `drain`. Stop being ready before.
    package func shutdown(grace: Duration, drain: Duration = .seconds(10)) async {
        for shard in shards { shard.reactor.submit { shard.beginEnding() } }
        // Also when the caller is cancelled meanwhile: then at once.
        if grace > .zero { try? await Task.sleep(for: grace) }
        await withTaskGroup(of: Void.self) { group in
            for shard in shards {
                group.addTask {
                    await withCheckedContinuation { done in
                        let taken = shard.reactor.submit {
                            shard.drain(withinMilliseconds: drain.milliseconds) { done.resume() }
                        }
                        if !taken { done.resume() }
                    }
                }
            }
        }
    }
}

/// What a server's shards share.
final class ServerCore: Sendable {
    let handler: any HTTPHandler
    let limits: HTTPLimits
    let census: ConnectionCensus
    let bodies: BodyBudget
    private let current: Mutex<TLSContext?>

    init(_ security: HTTPServer.Security, _ limits: HTTPLimits, _ handler: any HTTPHandler) {
        self.handler = handler
        self.limits = limits
        census = ConnectionCensus(limits: limits)
        bodies = BodyBudget(limits.bufferedBodyBytes)
        switch security {
        case .plain: current = Mutex(nil)
        case .tls(let context): current = Mutex(context)
        }
    }

    /// Nil without TLS.
    var context: TLSContext? { current.withLock { $0 } }

    func replace(_ context: TLSContext) {
        current.withLock { present in
            precondition(present != nil, "a plain server has no identity to replace")
            present = context
        }
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
