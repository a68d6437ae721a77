// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import Synchronization

/// Hands a response from the reactor's thread to the task that waits for it. Each continuation is resumed once.
final class ResponseChannel: Sendable {
    typealias Head = Result<HTTPResponse, HTTPClientError>
    typealias Chunk = Result<[UInt8]?, HTTPClientError>

    fileprivate struct State {
        var head: Head?
        var headWaiter: CheckedContinuation<Head, Never>?
        var chunks: [[UInt8]] = []
        var taken = 0
        var buffered = 0
        var ending: Chunk?
        var chunkWaiter: CheckedContinuation<Chunk, Never>?
        var isPaused = false
    }

    private let state = Mutex(State())
    private let limit: Int
    /// Called from the reading task's side.
    private let onResume: @Sendable () -> Void
    private let onCancel: @Sendable () -> Void

    init(limit: Int, onResume: @escaping @Sendable () -> Void, onCancel: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.onResume = onResume
        self.onCancel = onCancel
    }

    // MARK: The reactor's side

    /// The head, or the whole response. Later heads are ignored.
    func deliver(_ response: HTTPResponse) { settleHead(.success(response)) }

    /// Body bytes. False when the reader is behind: stop reading until `onResume`.
    func deliver(_ bytes: [UInt8]) -> Bool {
        let (waiter, goesOn) = state.withLock { state -> (CheckedContinuation<Chunk, Never>?, Bool) in
            guard state.ending == nil, !bytes.isEmpty else { return (nil, !state.isPaused) }
            if let waiter = state.chunkWaiter {
                state.chunkWaiter = nil
                return (waiter, true)
            }
            state.chunks.append(bytes)
            state.buffered += bytes.count
            state.isPaused = state.buffered >= limit
            return (nil, !state.isPaused)
        }
        waiter?.resume(returning: .success(bytes))
        return goesOn
    }

    func finish() { end(.success(nil)) }

    /// Ends whatever is not ended yet.
    func fail(_ error: HTTPClientError) {
        settleHead(.failure(error))
        end(.failure(error))
    }

    private func settleHead(_ head: Head) {
        let waiter = state.withLock { state -> CheckedContinuation<Head, Never>? in
            guard state.head == nil else { return nil }
            state.head = head
            defer { state.headWaiter = nil }
            return state.headWaiter
        }
        waiter?.resume(returning: head)
    }

    private func end(_ ending: Chunk) {
        let waiter = state.withLock { state -> CheckedContinuation<Chunk, Never>? in
            guard state.ending == nil else { return nil }
            state.ending = ending
            defer { state.chunkWaiter = nil }
            return state.chunkWaiter
        }
        waiter?.resume(returning: ending)
    }

    // MARK: The task's side

    func head() async throws(HTTPClientError) -> HTTPResponse {
        let head = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: CheckedContinuation<Head, Never>) in
                let ready = state.withLock { state -> Head? in
                    if state.head == nil { state.headWaiter = waiter }
                    return state.head
                }
                if let ready { waiter.resume(returning: ready) }
            }
        } onCancel: {
            cancel()
        }
        return try head.get()
    }

    /// The next bytes; nil at the end. One reader at a time.
    func next() async throws(HTTPClientError) -> [UInt8]? {
        let chunk = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: CheckedContinuation<Chunk, Never>) in
                let (ready, resumes) = state.withLock { $0.takeChunk(or: waiter) }
                if resumes { onResume() }
                if let ready { waiter.resume(returning: ready) }
            }
        } onCancel: {
            cancel()
        }
        return try chunk.get()
    }

    func cancel() {
        fail(.cancelled)
        onCancel()
    }
}

extension ResponseChannel.State {
    fileprivate mutating func takeChunk(
        or waiter: CheckedContinuation<ResponseChannel.Chunk, Never>
    ) -> (ready: ResponseChannel.Chunk?, resumes: Bool) {
        if taken < chunks.count {
            let bytes = chunks[taken]
            chunks[taken] = []
            taken += 1
            buffered -= bytes.count
            if taken == chunks.count {
                chunks.removeAll(keepingCapacity: true)
                taken = 0
            }
            let resumes = isPaused && chunks.isEmpty
            if resumes { isPaused = false }
            return (.success(bytes), resumes)
        }
        if let ending { return (ending, false) }
        precondition(chunkWaiter == nil, "two tasks read one response")
        chunkWaiter = waiter
        return (nil, false)
    }
}
