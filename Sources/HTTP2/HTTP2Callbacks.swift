// SPDX-License-Identifier: Apache-2.0
internal import CNGHTTP2

/// The table of C functions that nghttp2 calls; each finds its `HTTP2Recorder` in the user data and writes down
/// what it was told.
enum HTTP2Callbacks {
    static func install(in table: OpaquePointer) {
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(table) { _, frame, user in
            guard let frame = unsafe frame, let recorder = unsafe recording(user) else { return 0 }
            recorder.began(unsafe frame.pointee.hd.stream_id)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_header_callback(table) {
            _, frame, name, nameCount, value, valueCount, _, user in
            guard let frame = unsafe frame, let recorder = unsafe recording(user) else { return 0 }
            unsafe recorder.field(
                frame.pointee.hd.stream_id, name: UnsafeRawBufferPointer(start: name, count: nameCount),
                value: UnsafeRawBufferPointer(start: value, count: valueCount))
            return 0
        }
        // Without this one nghttp2 drops a bad field and goes on; RFC 9113 section 8.2.1 calls the message
        // malformed, and a proxy before us may have read the field differently.
        unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(table) {
            _, frame, _, _, _, _, _, user in
            guard let frame = unsafe frame, let recorder = unsafe recording(user) else { return 0 }
            recorder.malformedField(unsafe frame.pointee.hd.stream_id)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table) {
            _, _, id, bytes, count, user in
            unsafe recording(user)?.data(id, UnsafeRawBufferPointer(start: bytes, count: count))
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(table) { _, frame, user in
            guard let frame = unsafe frame, let recorder = unsafe recording(user) else { return 0 }
            unsafe received(frame.pointee, recorder)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(table) { _, id, code, user in
            unsafe recording(user)?.closed(id, HTTP2ErrorCode(rawValue: code))
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(table) { _, frame, user in
            guard let frame = unsafe frame, let recorder = unsafe recording(user) else { return 0 }
            unsafe sent(frame.pointee.hd, recorder)
            return 0
        }
        // A request that a GOAWAY overtook never becomes a stream for nghttp2, so nothing else would report it.
        unsafe nghttp2_session_callbacks_set_on_frame_not_send_callback(table) { _, frame, _, user in
            guard let frame = unsafe frame, let recorder = unsafe recording(user) else { return 0 }
            let header = unsafe frame.pointee.hd
            if recorder.role == .client, UInt32(header.type) == NGHTTP2_HEADERS.rawValue {
                recorder.closed(header.stream_id, .refusedStream)
            }
            return 0
        }
        unsafe nghttp2_session_callbacks_set_error_callback2(table) { _, _, message, count, user in
            guard let recorder = unsafe recording(user) else { return 0 }
            recorder.lastReason = unsafe String(
                decoding: UnsafeRawBufferPointer(start: message, count: count), as: UTF8.self)
            return 0
        }
    }

    /// A data source whose bytes are the stream's `outgoing`.
    static var dataProvider: nghttp2_data_provider {
        var provider = unsafe nghttp2_data_provider()
        unsafe provider.read_callback = { _, id, frame, room, flags, _, user in
            guard let recorder = unsafe recording(user) else { return 0 }
            switch unsafe recorder.fill(id, UnsafeMutableRawBufferPointer(start: frame, count: room)) {
            case .nothingYet:
                return Int(NGHTTP2_ERR_DEFERRED.rawValue)
            case .bytes(let count, let isLast):
                if isLast { unsafe flags?.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
                return count
            }
        }
        return unsafe provider
    }
}

// Free functions, because a C function pointer may capture nothing, not even a metatype.

private func received(_ frame: nghttp2_frame, _ recorder: HTTP2Recorder) {
    let header = unsafe frame.hd
    let endsStream = UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
    let isAcknowledgement = UInt32(header.flags) & NGHTTP2_FLAG_ACK.rawValue != 0
    switch UInt32(header.type) {
    case NGHTTP2_HEADERS.rawValue:
        recorder.headersEnded(header.stream_id, endsStream: endsStream)
    case NGHTTP2_DATA.rawValue:
        if endsStream { recorder.remoteEnded(header.stream_id) }
    case NGHTTP2_SETTINGS.rawValue:
        if !isAcknowledgement { recorder.events.append(.settings) }
    case NGHTTP2_PING.rawValue:
        guard isAcknowledgement else { return }
        let number = unsafe withUnsafeBytes(of: frame.ping.opaque_data) {
            unsafe $0.loadUnaligned(as: UInt64.self)
        }
        recorder.events.append(.pong(UInt64(bigEndian: number)))
    case NGHTTP2_GOAWAY.rawValue:
        let code = unsafe HTTP2ErrorCode(rawValue: frame.goaway.error_code)
        recorder.events.append(unsafe .goAway(last: frame.goaway.last_stream_id, code))
    default:
        return
    }
}

private func sent(_ header: nghttp2_frame_hd, _ recorder: HTTP2Recorder) {
    let endsStream = UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
    switch UInt32(header.type) {
    case NGHTTP2_RST_STREAM.rawValue: recorder.sentReset()
    case NGHTTP2_HEADERS.rawValue, NGHTTP2_DATA.rawValue: if endsStream { recorder.sentEnd(header.stream_id) }
    default: return
    }
}

private func recording(_ user: UnsafeMutableRawPointer?) -> HTTP2Recorder? {
    guard let user = unsafe user else { return nil }
    return unsafe Unmanaged<HTTP2Recorder>.fromOpaque(user).takeUnretainedValue()
}
