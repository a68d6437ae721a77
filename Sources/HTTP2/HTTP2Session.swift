// SPDX-License-Identifier: Apache-2.0
package import Buffers
internal import CNGHTTP2

/// One end of one HTTP/2 connection: bytes in, events out; messages in, bytes out. It does no I/O, keeps no time
/// and belongs to one thread. It owns a `nghttp2_session`.
///
/// The owner's round: `receive`, then `nextEvent()` until it gives nothing, answering on the way, then
/// `drain(into:)` and write what is there; close once `isFinished`. A server's session collects request bodies
/// within the limits; a client's leaves them to be taken, and the peer's window opens only as they are.
@safe package final class HTTP2Session {
    package enum Role: Sendable {
        case server, client
    }

    package let role: Role
    package let limits: HTTP2Limits

    let session: OpaquePointer
    let recorder: HTTP2Recorder
    let block = HTTP2FieldBlock()
    private var nextEventIndex = 0
    private var toRecycle: Int32?
    private var hasFailed = false

    package init(role: Role, limits: HTTP2Limits = HTTP2Limits()) throws(HTTP2Error) {
        self.role = role
        self.limits = limits
        recorder = HTTP2Recorder(role: role, limits: limits)
        unsafe session = try Self.makeSession(role, limits, recorder)
        try submitSettings()
    }

    deinit { unsafe nghttp2_session_del(session) }

    // MARK: Bytes in

    /// Takes what came from the peer, all of it. After an error only `drain` makes sense.
    package func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTP2Error) {
        guard !hasFailed else { throw .failed(reason: "it has failed before") }
        let start = unsafe bytes.bindMemory(to: UInt8.self).baseAddress
        let taken = unsafe nghttp2_session_mem_recv(session, start, bytes.count)
        guard taken >= 0 else {
            hasFailed = true
            switch Int32(taken) {
            case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue: throw .badPreface
            case NGHTTP2_ERR_FLOODED.rawValue: throw .flooded(reason: Self.reason(Int32(taken)))
            default: throw .failed(reason: Self.reason(Int32(taken)))
            }
        }
        // Resets of streams that are refused before they are any wait here, uncounted by anything else.
        guard unsafe nghttp2_session_get_outbound_queue_size(session) <= limits.queuedFrames else {
            hasFailed = true
            throw .flooded(reason: "it does not read what it makes us say")
        }
        try settle()
    }

    package func receive(_ buffer: ByteBuffer) throws(HTTP2Error) {
        try unsafe buffer.withUnsafeBytes { (bytes) throws(HTTP2Error) in try unsafe receive(bytes) }
    }

    package func receive(_ bytes: [UInt8]) throws(HTTP2Error) {
        let outcome = unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(HTTP2Error) in try unsafe receive(bytes) }
        }
        try outcome.get()
    }

    /// The next thing that was seen; nil when all is told.
    package func nextEvent() -> HTTP2Event? {
        if let closed = toRecycle {
            if let stream = recorder.streams[closed] { giveBack(stream, stream.unconsumed) }
            recorder.recycle(closed)
            toRecycle = nil
        }
        guard nextEventIndex < recorder.events.count else {
            recorder.events.removeAll(keepingCapacity: recorder.events.capacity <= 1024)
            nextEventIndex = 0
            return nil
        }
        let event = recorder.events[nextEventIndex]
        nextEventIndex += 1
        if case .closed(let id, _) = event { toRecycle = id }
        return event
    }

    /// The message on a stream that is open, or whose `.closed` was the last event given.
    package func stream(_ id: Int32) -> HTTP2Stream? { recorder.streams[id] }

    package var streamCount: Int { recorder.streams.count }

    /// The request that has waited longest for its own end; nil when every one is whole.
    package var oldestIncomplete: Int32? {
        recorder.streams.values.lazy.filter(\.isIncomplete).map(\.id).min()
    }

    package func isIncomplete(_ id: Int32) -> Bool { recorder.streams[id]?.isIncomplete ?? false }

    /// Bytes of bodies that are held, and how many the owner can spare for them until it says otherwise; a request
    /// beyond that is refused with a 503.
    package var bufferedBytes: Int { recorder.bufferedBytes }
    package var bodyAllowance: Int {
        get { recorder.bodyAllowance }
        set { recorder.bodyAllowance = newValue }
    }

    /// Wipes the body of a request that is answered or copied: its stream may stay open for long.
    package func dropBody(of id: Int32) {
        guard let stream = recorder.streams[id] else { return }
        recorder.bufferedBytes -= stream.body.count
        stream.body.removeAll(keeping: 16 * 1024)
    }

    // MARK: Bytes out

    /// Moves what is to be sent behind what `output` has, until it holds `limit` bytes or nothing is left.
    package func drain(into output: ByteBuffer, upTo limit: Int = 128 * 1024) throws(HTTP2Error) {
        repeat {
            while output.count < limit {
                var bytes: UnsafePointer<UInt8>?
                let count = unsafe nghttp2_session_mem_send(session, &bytes)
                guard count > 0 else {
                    if count < 0 {
                        hasFailed = true
                        throw .failed(reason: Self.reason(Int32(count)))
                    }
                    break
                }
                unsafe output.append(copying: UnsafeRawBufferPointer(start: bytes, count: count))
            }
        } while try actAfterSending()
    }

    package var wantsToWrite: Bool { unsafe nghttp2_session_want_write(session) != 0 }

    /// Nothing is to be read or written any more: close the connection.
    package var isFinished: Bool {
        if wantsToWrite { return false }
        return unsafe hasFailed || nghttp2_session_want_read(session) == 0
    }

    /// What nghttp2 last complained about, for the log.
    package var lastReason: String { recorder.lastReason }

    // MARK: After the callbacks

    /// Acts on what the callbacks recorded: windows, faults, too many resets.
    private func settle() throws(HTTP2Error) {
        if role == .server {
            for id in recorder.touched {
                guard let stream = recorder.streams[id] else { continue }
                giveBack(stream, stream.unconsumed)
            }
        }
        recorder.touched.removeAll(keepingCapacity: true)
        for id in recorder.faulty {
            guard let stream = recorder.streams[id], let fault = stream.fault, !stream.isClosed else {
                continue
            }
            try refuse(stream, fault)
        }
        recorder.faulty.removeAll(keepingCapacity: true)
        if recorder.resetDebt > limits.provokedResets { terminate(.enhanceYourCalm) }
    }

    /// A request over a limit is answered with its status; what is malformed is reset (RFC 9113 section 8.1.1).
    private func refuse(_ stream: HTTP2Stream, _ fault: HTTP2Stream.Fault) throws(HTTP2Error) {
        guard fault != .malformed, role == .server else {
            return reset(stream.id, fault == .malformed ? .protocolError : .enhanceYourCalm)
        }
        let (status, text) =
            switch fault {
            case .malformed: (400, "bad request")
            case .headersTooLarge:
                (431, "the header fields are larger than \(limits.headerListBytes) bytes\n")
            case .bodyTooLarge: (413, "the body is larger than \(limits.bodyBytes) bytes\n")
            case .overBudget: (503, "too many large requests at once on this connection; try again\n")
            }
        stream.isRefused = true
        recorder.bufferedBytes -= stream.body.count
        stream.body.removeAll()
        try respond(
            to: stream.id, status: status, fields: [("content-type", "text/plain; charset=utf-8")],
            body: Array(text.utf8))
        recorder.events.append(.refused(stream.id, status: status))
    }

    /// Returns whether there is more to send because of what was just sent.
    private func actAfterSending() throws(HTTP2Error) -> Bool {
        guard !recorder.answeredEarly.isEmpty else { return false }
        for id in recorder.answeredEarly where recorder.streams[id]?.isClosed == false { reset(id, .noError) }
        recorder.answeredEarly.removeAll(keepingCapacity: true)
        return true
    }

    /// Opens the peer's windows again by `count` bytes.
    func giveBack(_ stream: HTTP2Stream, _ count: Int) {
        guard count > 0 else { return }
        stream.unconsumed -= count
        if stream.isClosed {
            unsafe nghttp2_session_consume_connection(session, count)
        } else {
            unsafe nghttp2_session_consume(session, stream.id, count)
        }
    }

    static func reason(_ code: Int32) -> String { unsafe String(cString: nghttp2_strerror(code)) }
}
