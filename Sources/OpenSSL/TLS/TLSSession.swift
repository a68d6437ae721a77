// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Glibc

/// One side of one TLS connection: owns an `SSL *` bound to a non-blocking socket that it does not own and that must
/// outlive it. Ignore SIGPIPE process-wide: OpenSSL's socket BIO uses plain write(2).
package struct TLSSession: ~Copyable {
    /// What the socket must become before the same call is made again.
    package enum Readiness: Hashable, Sendable {
        case readable
        case writable
    }

    package enum Step<Value> {
        case done(Value)
        case needs(Readiness)
        /// The peer said goodbye (close_notify); nothing more will be read.
        case closed
    }

    private let ssl: OpaquePointer
    // The ALPN callback's argument lives in the context.
    private let context: TLSContext
    /// After a fatal error OpenSSL forbids `SSL_shutdown`.
    private var isBroken = false

    package static func accepting(
        _ descriptor: CInt, with context: TLSContext
    ) throws(OpenSSLError) -> TLSSession {
        let session = try attached(to: descriptor, context)
        SSL_set_accept_state(session.ssl)
        return session
    }

    /// The server's certificate must hold `name`; subject common names are never looked at.
    package static func connecting(
        _ descriptor: CInt, with context: TLSContext, to name: ServerName
    ) throws(OpenSSLError) -> TLSSession {
        let session = try attached(to: descriptor, context)
        SSL_set_connect_state(session.ssl)
        SSL_set_hostflags(
            session.ssl, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        switch name {
        case .dns(let host):
            // An empty name would switch the check off.
            guard !host.isEmpty else {
                throw OpenSSLError("SSL_set1_host", because: "the server's name is empty")
            }
            try check("SSL_set_tlsext_host_name") { shim_SSL_set_tlsext_host_name(session.ssl, host) }
            try check("SSL_set1_host") { SSL_set1_host(session.ssl, host) }
        case .ip(let bytes):
            try check("X509_VERIFY_PARAM_set1_ip") {
                X509_VERIFY_PARAM_set1_ip(SSL_get0_param(session.ssl), bytes, bytes.count)
            }
        }
        return session
    }

    /// Owns first, configures second: whatever throws from here on, `deinit` frees the handle.
    private static func attached(
        to descriptor: CInt, _ context: TLSContext
    ) throws(OpenSSLError) -> TLSSession {
        let session = TLSSession(owning: try openSSL("SSL_new") { SSL_new(context.pointer) }, context)
        try check("SSL_set_fd") { SSL_set_fd(session.ssl, descriptor) }
        return session
    }

    private init(owning ssl: OpaquePointer, _ context: TLSContext) {
        self.ssl = ssl
        self.context = context
    }

    deinit { SSL_free(ssl) }

    package mutating func handshake() throws(OpenSSLError) -> Step<Void> {
        switch try step("TLS handshake", { SSL_do_handshake($0) }) {
        case .done: .done(())
        case .needs(let readiness): .needs(readiness)
        case .closed: .closed
        }
    }

    /// Fills at most one record's worth. When `hasPending` is false afterwards, wait for the socket instead of calling
    /// again: that read(2) would only find EAGAIN.
    package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(OpenSSLError) -> Step<Int> {
        guard buffer.count > 0 else { return .done(0) }
        return try transfer("TLS read") {
            SSL_read($0, buffer.baseAddress, CInt(clamping: buffer.count))
        }
    }

    /// May take only a part. After `.needs`, call again with the same bytes (they may have moved).
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(OpenSSLError) -> Step<Int> {
        guard bytes.count > 0 else { return .done(0) }
        return try transfer("TLS write") {
            SSL_write($0, bytes.baseAddress, CInt(clamping: bytes.count))
        }
    }

    /// Sends close_notify once and does not wait for the peer's; harmless on a broken connection.
    package mutating func shutdown() {
        guard !isBroken, SSL_is_init_finished(ssl) == 1 else { return }
        ERR_clear_error()
        SSL_shutdown(ssl)
        ERR_clear_error()
    }

    /// What ALPN settled, once the handshake is done; nil means HTTP/1.1 by custom.
    package var applicationProtocol: ApplicationProtocol? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &count)
        guard count > 0 else { return nil }
        return ApplicationProtocol(
            rawValue: String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self))
    }

    /// Bytes were read ahead from the socket and wait inside OpenSSL (`SSL_has_pending`).
    package var hasPending: Bool { SSL_has_pending(ssl) == 1 }

    /// "TLSv1.3".
    package var version: String { SSL_get_version(ssl).map { String(cString: $0) } ?? "?" }

    package var peerCertificate: Certificate? {
        guard let pointer = SSL_get1_peer_certificate(ssl) else { return nil }
        return try? Certificate(owning: pointer)
    }

    /// Why the peer's certificate was refused, in OpenSSL's words; nil when it was not.
    package var verificationFailure: String? {
        let result = SSL_get_verify_result(ssl)
        guard result != Int(X509_V_OK) else { return nil }
        return X509_verify_cert_error_string(result).map { String(cString: $0) }
    }

    private mutating func transfer(
        _ operation: StaticString, _ call: (OpaquePointer) -> CInt
    ) throws(OpenSSLError) -> Step<Int> {
        switch try step(operation, call) {
        case .done(let count): .done(Int(count))
        case .needs(let readiness): .needs(readiness)
        case .closed: .closed
        }
    }

    /// The one place that turns `SSL_get_error` into Swift.
    private mutating func step(
        _ operation: StaticString, _ call: (OpaquePointer) -> CInt
    ) throws(OpenSSLError) -> Step<CInt> {
        ERR_clear_error()
        let result = call(ssl)
        if result > 0 { return .done(result) }
        let systemError = errno
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .needs(.readable)
        case SSL_ERROR_WANT_WRITE: return .needs(.writable)
        case SSL_ERROR_ZERO_RETURN: return .closed
        case SSL_ERROR_SYSCALL where ERR_peek_error() == 0:
            isBroken = true
            let reason = systemError == 0 ? "the connection ended" : String(cString: strerror(systemError))
            throw OpenSSLError(operation, because: reason)
        default:
            isBroken = true
            throw OpenSSLError(operation)
        }
    }
}
