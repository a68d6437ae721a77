// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import CNGHTTP2

// Messages out, bodies in, and the ends of streams and connections.
extension HTTP2Session {
    // MARK: Server

    /// Answers with a whole response. Nothing happens when the stream is gone already: its peer did not wait.
    package func respond(
        to id: Int32, status: Int, fields: [(String, String)], body: [UInt8]
    ) throws(HTTP2Error) {
        guard let stream = answerable(id) else { return }
        let hasBody = !body.isEmpty && stream.method != "HEAD"
        if hasBody {
            stream.outgoing.append(body)
            stream.outgoingBytes = body.count
        }
        beginResponse(status, fields)
        if !block.hasContentLength && status >= 200 && status != 204 && status != 304 {
            block.add("content-length", String(body.count))
        }
        try submitResponse(stream, withBody: hasBody)
    }

    /// Begins a response whose body comes by `write` and ends by `finish`.
    package func beginResponse(to id: Int32, status: Int, fields: [(String, String)]) throws(HTTP2Error) {
        guard let stream = answerable(id) else { return }
        let hasBody = stream.method != "HEAD"
        stream.isOutgoingFinished = !hasBody
        beginResponse(status, fields)
        try submitResponse(stream, withBody: hasBody)
    }

    /// Queues bytes of a body begun with `beginResponse`. The owner bounds the queue by `unsentBytes(on:)`.
    package func write(_ bytes: [UInt8], on id: Int32) {
        guard !bytes.isEmpty, let stream = recorder.streams[id], !stream.isOutgoingFinished, !stream.isClosed
        else { return }
        stream.outgoing.append(bytes)
        stream.outgoingBytes += bytes.count
        resume(stream)
    }

    package func finish(_ id: Int32) {
        guard let stream = recorder.streams[id], !stream.isOutgoingFinished, !stream.isClosed else { return }
        stream.isOutgoingFinished = true
        resume(stream)
    }

    /// Written and not yet framed, because the peer's window or our socket is full.
    package func unsentBytes(on id: Int32) -> Int { recorder.streams[id]?.outgoingBytes ?? 0 }

    // MARK: Client

    /// Sends a request; returns its stream. More than `openableStreams` wait inside nghttp2 for a place.
    package func request(
        method: String, scheme: String, authority: String, path: String, fields: [(String, String)],
        body: [UInt8]
    ) throws(HTTP2Error) -> Int32 {
        precondition(role == .client, "a server's session sends no requests")
        block.begin()
        block.add(":method", method)
        block.add(":scheme", scheme)
        block.add(":authority", authority)
        block.add(":path", path)
        for (name, value) in fields where !name.hasPrefix(":") { block.add(name, value) }
        if !block.hasContentLength, !body.isEmpty { block.add("content-length", String(body.count)) }
        var provider = unsafe HTTP2Callbacks.dataProvider
        let id = unsafe block.withFields { fields, count in
            unsafe withUnsafePointer(to: &provider) { provider in
                unsafe nghttp2_submit_request(session, nil, fields, count, body.isEmpty ? nil : provider, nil)
            }
        }
        guard id > 0 else {
            if id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE.rawValue { throw .exhausted }
            throw .failed(reason: Self.reason(id))
        }
        let stream = recorder.open(id)
        if !body.isEmpty {
            stream.outgoing.append(body)
            stream.outgoingBytes = body.count
        }
        return id
    }

    /// How many more requests the peer lets us have in the air.
    package var openableStreams: Int {
        let allowed = unsafe nghttp2_session_get_remote_settings(
            session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
        return max(0, min(Int(allowed), limits.concurrentStreams) - recorder.streams.count)
    }

    /// The body bytes that came since the last call. Taking them opens the peer's window.
    package func takeBody(of id: Int32) -> [UInt8] {
        guard let stream = recorder.streams[id] else { return [] }
        stream.isDataAnnounced = false
        let bytes = stream.body.bytes
        recorder.bufferedBytes -= bytes.count
        stream.body.removeAll()
        giveBack(stream, stream.unconsumed)
        return bytes
    }

    // MARK: Both

    /// Ends a stream at once; the peer is told why. `.closed` follows when the frame has been drained.
    package func reset(_ id: Int32, _ code: HTTP2ErrorCode) {
        unsafe nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, code.rawValue)
    }

    /// Asks the peer for a sign of life; `.pong` brings the number back.
    package func ping(_ number: UInt64) {
        unsafe withUnsafeBytes(of: number.bigEndian) { bytes in
            let data = unsafe bytes.bindMemory(to: UInt8.self).baseAddress
            unsafe nghttp2_submit_ping(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), data)
        }
    }

    /// Server: says that the connection will end, without refusing what is on its way (RFC 9113 section 6.8).
    package func announceShutdown() { unsafe nghttp2_submit_shutdown_notice(session) }

    /// Takes no new streams; those open go on to their end, then the session is finished.
    package func goAway(_ code: HTTP2ErrorCode = .noError) {
        let last = unsafe nghttp2_session_get_last_proc_stream_id(session)
        unsafe nghttp2_submit_goaway(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, code.rawValue, nil, 0)
    }

    /// Ends everything: GOAWAY, and nothing is read after it.
    package func terminate(_ code: HTTP2ErrorCode) {
        unsafe nghttp2_session_terminate_session(session, code.rawValue)
    }

    // MARK: Parts

    private func answerable(_ id: Int32) -> HTTP2Stream? {
        guard let stream = recorder.streams[id], !stream.isClosed, !stream.hasResponded else { return nil }
        stream.hasResponded = true
        return stream
    }

    private func beginResponse(_ status: Int, _ fields: [(String, String)]) {
        block.begin()
        block.add(":status", String(status))
        for (name, value) in fields where !name.hasPrefix(":") { block.add(name, value) }
    }

    private func submitResponse(_ stream: HTTP2Stream, withBody: Bool) throws(HTTP2Error) {
        var provider = unsafe HTTP2Callbacks.dataProvider
        let code = unsafe block.withFields { fields, count in
            unsafe withUnsafePointer(to: &provider) { provider in
                unsafe nghttp2_submit_response(session, stream.id, fields, count, withBody ? provider : nil)
            }
        }
        guard code == 0 else { throw .failed(reason: Self.reason(code)) }
    }

    private func resume(_ stream: HTTP2Stream) {
        guard stream.isDeferred else { return }
        stream.isDeferred = false
        unsafe nghttp2_session_resume_data(session, stream.id)
    }
}
