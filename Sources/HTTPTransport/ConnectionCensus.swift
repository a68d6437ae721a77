// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import Synchronization

/// Counts a server's connections, all in all and by peer, over its reactors. Asked at accept and at close only.
final class ConnectionCensus: Sendable {
    private struct Counts {
        var total = 0
        var byPeer: [[UInt8]: Int] = [:]
        var accepted = 0
        var refused = 0
        var handshakesFailed = 0
    }

    private let counts = Mutex(Counts())
    private let limits: HTTPLimits

    init(limits: HTTPLimits) { self.limits = limits }

    /// False when the peer, or the server, has as many as it may.
    func admit(_ peer: [UInt8]) -> Bool {
        counts.withLock { counts in
            let ofPeer = counts.byPeer[peer, default: 0]
            guard counts.total < limits.connections, ofPeer < limits.connectionsPerPeer else {
                counts.refused += 1
                return false
            }
            counts.total += 1
            counts.accepted += 1
            counts.byPeer[peer] = ofPeer + 1
            return true
        }
    }

    func leave(_ peer: [UInt8]) {
        counts.withLock { counts in
            counts.total -= 1
            let left = counts.byPeer[peer, default: 1] - 1
            counts.byPeer[peer] = left > 0 ? left : nil
        }
    }

    func handshakeFailed() { counts.withLock { $0.handshakesFailed += 1 } }

    var statistics: HTTPServerStatistics {
        counts.withLock {
            HTTPServerStatistics(
                open: $0.total, accepted: $0.accepted, refused: $0.refused,
                handshakesFailed: $0.handshakesFailed)
        }
    }
}

/// What a server counted since its start.
package struct HTTPServerStatistics: Sendable, Equatable {
    package var open: Int
    package var accepted: Int
    /// Turned away by a limit on connections.
    package var refused: Int
    package var handshakesFailed: Int

    package init(open: Int = 0, accepted: Int = 0, refused: Int = 0, handshakesFailed: Int = 0) {
        self.open = open
        self.accepted = accepted
        self.refused = refused
        self.handshakesFailed = handshakesFailed
    }
}
