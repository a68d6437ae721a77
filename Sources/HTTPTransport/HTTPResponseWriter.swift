// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import Sockets
internal import Synchronization

/// The writing end of a streamed answer; usable from any thread.
///
/// What the peer has not taken yet is bounded: past `HTTPLimits.streamBufferBytes` the stream is cut off, and
/// the peer of a watch lists and watches again.
package final class HTTPResponseWriter: Sendable {
    /// Where the bytes go, on the connection's reactor.
    struct Sink: Sendable {
        let write: @Sendable ([UInt8]) -> Void
        let finish: @Sendable () -> Void
        let overflow: @Sendable () -> Void
    }

    private struct State {
        var isClosed = false
        var unsent = 0
        var onClose: [@Sendable () -> Void] = []
    }

    private let sink: Sink
    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int, sink: Sink) {
        self.limit = limit
        self.sink = sink
    }

    package var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Bytes written here and not yet taken by the peer.
    package var unsentBytes: Int { state.withLock { $0.unsent } }

    /// False when the bytes go nowhere: the stream is closed, or this write overflowed it.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool {
        let fits: Bool? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.unsent += bytes.count
            return state.unsent <= limit
        }
        switch fits {
        case nil: return false
        case true?: sink.write(bytes)
        default: sink.overflow()
        }
        return fits == true
    }

    /// Ends the answer after everything written.
    package func finish() {
        guard close() else { return }
        sink.finish()
    }

    /// Called once, when the stream ends by either side; at once if it has already.
    package func onClose(_ action: @escaping @Sendable () -> Void) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.onClose.append(action) }
            return state.isClosed
        }
        if isClosed { action() }
    }

    /// The peer took that many bytes.
    func sent(_ count: Int) { state.withLock { $0.unsent -= count } }

    /// Closes from the connection's side or by `finish`; false if it was closed before.
    @discardableResult
    func close() -> Bool {
        let actions: [@Sendable () -> Void]? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            defer { state.onClose = [] }
            return state.onClose
        }
        guard let actions else { return false }
        for action in actions { action() }
        return true
    }
}
