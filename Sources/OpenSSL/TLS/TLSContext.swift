// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// The settings of many connections of one side (`SSL_CTX`). To change an identity, make a new context: connections
/// keep the one they began with.
package final class TLSContext: @unchecked Sendable {
    // An SSL_CTX is reference-counted, locks what it shares, and is never changed after `init`.
    let pointer: OpaquePointer
    private let offer: ALPNOffer

    /// TLS 1.2 and up. With `clientAuthorities`, clients must show a certificate of theirs. A client that offers no
    /// protocol we know is answered without ALPN, and speaks HTTP/1.1; an alert would break API servers.
    package static func server(
        identity: TLSIdentity, alpn: [ApplicationProtocol], clientAuthorities: [Certificate]? = nil
    ) throws(OpenSSLError) -> TLSContext {
        let context = try TLSContext(TLS_server_method(), alpn: alpn)
        try context.use(identity)
        let offer = Unmanaged.passUnretained(context.offer).toOpaque()
        SSL_CTX_set_alpn_select_cb(context.pointer, ALPNOffer.select, offer)
        if let clientAuthorities {
            try context.trust(clientAuthorities)
            for authority in clientAuthorities {
                try check("SSL_CTX_add_client_CA") {
                    SSL_CTX_add_client_CA(context.pointer, authority.pointer)
                }
            }
            SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        }
        return context
    }

    /// Trusts the anchors only, never the system's store; an anchor may be an intermediate or the server's own
    /// certificate. The server is always verified.
    package static func client(
        anchors: [Certificate], identity: TLSIdentity? = nil, alpn: [ApplicationProtocol]
    ) throws(OpenSSLError) -> TLSContext {
        let context = try TLSContext(TLS_client_method(), alpn: alpn)
        if let identity { try context.use(identity) }
        try context.trust(anchors)
        SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
        // 0 is this function's success, unlike its neighbours'.
        if !alpn.isEmpty,
            SSL_CTX_set_alpn_protos(context.pointer, context.offer.start, context.offer.count) != 0
        {
            throw OpenSSLError("SSL_CTX_set_alpn_protos")
        }
        return context
    }

    private init(_ method: OpaquePointer?, alpn: [ApplicationProtocol]) throws(OpenSSLError) {
        pointer = try openSSL("SSL_CTX_new") { SSL_CTX_new(method) }
        offer = ALPNOffer(alpn)
        try harden()
    }

    deinit { SSL_CTX_free(pointer) }

    private static let ciphersTLS12 = "ECDHE+AESGCM:ECDHE+CHACHA20"
    /// X25519 first: a server choosing P-256 costs each handshake a quarter more.
    private static let groups = "X25519:P-256:P-384"
    /// 112 bits: RSA from 2048, no SHA-1 signatures.
    private static let securityLevel: CInt = 2
    /// Issuers between leaf and anchor.
    private static let chainDepth: CInt = 8
    /// A whole review of the usual size comes in with one read(2): two TLS records of 16 kB and their headers.
    private static let readBuffer = 64 * 1024

    private func harden() throws(OpenSSLError) {
        try check("SSL_CTX_set_min_proto_version") {
            shim_SSL_CTX_set_min_proto_version(pointer, TLS1_2_VERSION)
        }
        SSL_CTX_set_options(pointer, shim_tls_hardening_options())
        SSL_CTX_set_security_level(pointer, Self.securityLevel)
        try check("SSL_CTX_set_cipher_list") { SSL_CTX_set_cipher_list(pointer, Self.ciphersTLS12) }
        try check("SSL_CTX_set1_groups_list") { shim_SSL_CTX_set1_groups_list(pointer, Self.groups) }
        // API servers never resume, so tickets would be work for nothing, and keys to keep.
        try check("SSL_CTX_set_num_tickets") { SSL_CTX_set_num_tickets(pointer, 0) }
        shim_SSL_CTX_set_session_cache_mode(pointer, Int(SSL_SESS_CACHE_OFF))
        shim_SSL_CTX_set_mode(
            pointer, Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
        shim_SSL_CTX_set_read_ahead(pointer, 1)
        SSL_CTX_set_default_read_buffer_len(pointer, Self.readBuffer)
        SSL_CTX_set_verify_depth(pointer, Self.chainDepth)
    }

    private func use(_ identity: TLSIdentity) throws(OpenSSLError) {
        var chain = identity.certificateChain.makeIterator()
        guard let leaf = chain.next() else {
            throw OpenSSLError("SSL_CTX_use_certificate", because: "empty chain")
        }
        let whole = try leaf.whole()
        try check("SSL_CTX_use_certificate") { SSL_CTX_use_certificate(pointer, whole) }
        try check("SSL_CTX_use_PrivateKey") { SSL_CTX_use_PrivateKey(pointer, identity.key.pointer) }
        while let issuer = chain.next() {
            let whole = try issuer.whole()
            try check("SSL_CTX_add1_chain_cert") { shim_SSL_CTX_add1_chain_cert(pointer, whole) }
        }
    }

    private func trust(_ anchors: [Certificate]) throws(OpenSSLError) {
        let store = SSL_CTX_get_cert_store(pointer)
        for anchor in anchors {
            let whole = try anchor.whole()
            try check("X509_STORE_add_cert") { X509_STORE_add_cert(store, whole) }
        }
        try check("X509_STORE_set_flags") { X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN)) }
    }
}

/// The protocols of a context where OpenSSL's callback can reach them. `TLSSession` keeps its context alive, and the
/// context this.
private final class ALPNOffer {
    let start: UnsafeMutablePointer<UInt8>
    let count: UInt32

    init(_ protocols: [ApplicationProtocol]) {
        let wire = ApplicationProtocol.wire(protocols)
        start = .allocate(capacity: max(wire.count, 1))
        start.update(from: wire, count: wire.count)
        count = UInt32(wire.count)
    }

    deinit { start.deallocate() }

    /// Our order of preference decides; no overlap is no ALPN (`SSL_TLSEXT_ERR_NOACK`).
    static let select:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?,
            UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
        ) -> CInt = { _, chosen, chosenCount, client, clientCount, argument in
            guard let argument, let chosen else { return SSL_TLSEXT_ERR_NOACK }
            let offer = Unmanaged<ALPNOffer>.fromOpaque(argument).takeUnretainedValue()
            guard offer.count > 0 else { return SSL_TLSEXT_ERR_NOACK }
            var selected: UnsafeMutablePointer<UInt8>?
            let result = SSL_select_next_proto(
                &selected, chosenCount, offer.start, offer.count, client, clientCount)
            guard result == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_NOACK }
            chosen.pointee = UnsafePointer(selected)
            return SSL_TLSEXT_ERR_OK
        }
}
