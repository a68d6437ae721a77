// SPDX-License-Identifier: Apache-2.0
internal import CNGHTTP2

extension HTTP2Session {
    /// A `nghttp2_session` with its limits and callbacks. `recorder` must outlive it.
    static func makeSession(
        _ role: Role, _ limits: HTTP2Limits, _ recorder: HTTP2Recorder
    ) throws(HTTP2Error) -> OpaquePointer {
        var option: OpaquePointer?
        var callbacks: OpaquePointer?
        defer {
            unsafe nghttp2_option_del(option)
            unsafe nghttp2_session_callbacks_del(callbacks)
        }
        guard unsafe nghttp2_option_new(&option) == 0, unsafe nghttp2_session_callbacks_new(&callbacks) == 0,
            let option = unsafe option, let callbacks = unsafe callbacks
        else { throw .failed(reason: "out of memory") }
        unsafe apply(limits, to: option)
        unsafe HTTP2Callbacks.install(in: callbacks)

        var session: OpaquePointer?
        let user = unsafe Unmanaged.passUnretained(recorder).toOpaque()
        let code =
            switch role {
            case .server: unsafe nghttp2_session_server_new2(&session, callbacks, user, option)
            case .client: unsafe nghttp2_session_client_new2(&session, callbacks, user, option)
            }
        guard code == 0, let session = unsafe session else { throw .failed(reason: reason(code)) }
        return unsafe session
    }

    private static func apply(_ limits: HTTP2Limits, to option: OpaquePointer) {
        // Windows open when bytes have been used, not when they arrive.
        unsafe nghttp2_option_set_no_auto_window_update(option, 1)
        unsafe nghttp2_option_set_no_closed_streams(option, 1)
        unsafe nghttp2_option_set_stream_reset_rate_limit(
            option, UInt64(limits.resetBurst), UInt64(limits.resetsPerSecond))
        unsafe nghttp2_option_set_max_continuations(option, limits.continuations)
        unsafe nghttp2_option_set_max_settings(option, limits.settings)
        unsafe nghttp2_option_set_max_outbound_ack(option, limits.outboundAcknowledgements)
        unsafe nghttp2_option_set_peer_max_concurrent_streams(option, UInt32(limits.concurrentStreams))
    }

    /// The connection preface (RFC 9113 section 3.4): our SETTINGS, then the connection's window.
    func submitSettings() throws(HTTP2Error) {
        var entries: [nghttp2_settings_entry] = [
            entry(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.streamWindow),
            entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.headerListBytes),
        ]
        switch role {
        case .server:
            entries.append(entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.concurrentStreams))
            entries.append(entry(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1))
        case .client:
            entries.append(entry(NGHTTP2_SETTINGS_ENABLE_PUSH, 0))
        }
        var code = unsafe nghttp2_submit_settings(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count)
        if code == 0 {
            code = unsafe nghttp2_session_set_local_window_size(
                session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(limits.connectionWindow))
        }
        guard code == 0 else { throw .failed(reason: Self.reason(code)) }
    }

    private func entry(_ setting: nghttp2_settings_id, _ value: Int) -> nghttp2_settings_entry {
        nghttp2_settings_entry(settings_id: Int32(setting.rawValue), value: UInt32(value))
    }
}
