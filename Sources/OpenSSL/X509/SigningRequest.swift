// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Why a certificate signing request is not considered.
package enum RequestError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLarge(bytes: Int)
    case malformed(OpenSSLError)
    case refusedKey(String)
    /// Whoever sent it has not shown to hold the private key.
    case notSelfSigned
    /// Names that one reader would see and another would not.
    case ambiguousNames(String)

    package var description: String {
        switch self {
        case .tooLarge(let bytes):
            "the request has \(bytes) bytes; at most \(SigningRequest.sizeLimit) are read"
        case .malformed(let error): "the request is not PKCS#10 in DER: \(error)"
        case .refusedKey(let reason): "the request's key is refused: \(reason)"
        case .notSelfSigned: "the request's signature is not by its own key"
        case .ambiguousNames(let reason): "the names in the request cannot be told: \(reason)"
        }
    }
}

/// A PKCS#10 request (RFC 2986) whose key is acceptable and whose sender holds it. What it asks for is only a wish.
package final class SigningRequest: @unchecked Sendable {
    // An X509_REQ nobody changes after `init`.
    private let pointer: OpaquePointer
    package let publicKey: PublicKey
    /// At most `namesRead` + 1, so that a caller who bounds them at `namesRead` sees that there are more.
    package let requestedNames: [SubjectAlternativeName]

    /// RSA-8192 key and signature take 2.1 kB; the rest is for a hundred names of 128 bytes.
    package static let sizeLimit = 16 * 1024
    package static let namesRead = 100

    package init(der: [UInt8]) throws(RequestError) {
        guard der.count <= Self.sizeLimit else { throw .tooLarge(bytes: der.count) }
        let pointer: OpaquePointer
        do {
            pointer = try Self.parse(der)
        } catch { throw .malformed(error) }
        self.pointer = pointer
        do throws(RequestError) {
            publicKey = try Self.publicKey(of: pointer)
            requestedNames = try Self.names(in: pointer)
        } catch {
            X509_REQ_free(pointer)
            throw error
        }
        // From here on deinit frees the request.
        if let refusal = KeyRequirement.refusal(of: publicKey) { throw .refusedKey(refusal) }
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard X509_REQ_verify_ex(pointer, publicKey.pointer, nil, nil) == 1 else { throw .notSelfSigned }
    }

    deinit { X509_REQ_free(pointer) }

    package var subjectText: String { DistinguishedName.text(X509_REQ_get_subject_name(pointer)) }
    package var hasSubject: Bool { X509_NAME_entry_count(X509_REQ_get_subject_name(pointer)) > 0 }

    /// A request for this key in DER, with an empty subject and these names as a wish.
    package static func create(
        key: PrivateKey, names: [SubjectAlternativeName] = []
    ) throws(OpenSSLError) -> [UInt8] {
        let request = try openSSL("X509_REQ_new") { X509_REQ_new() }
        defer { X509_REQ_free(request) }
        try check("X509_REQ_set_version") { X509_REQ_set_version(request, 0) }
        try key.publicKey.write(to: X509_REQ_get_X509_PUBKEY(request))
        if !names.isEmpty {
            let wish = try CertificateExtension.subjectAlternativeName(names, isCritical: false)
            let stack = try openSSL("sk_X509_EXTENSION_new") { shim_sk_X509_EXTENSION_new() }
            defer { shim_sk_X509_EXTENSION_free(stack) }
            let encoded = try wish.encoded()
            guard shim_sk_X509_EXTENSION_push(stack, encoded) > 0 else {
                X509_EXTENSION_free(encoded)
                throw OpenSSLError("sk_X509_EXTENSION_push")
            }
            try check("X509_REQ_add_extensions") { X509_REQ_add_extensions(request, stack) }
        }
        ERR_clear_error()
        // The signature's size, not 1.
        guard X509_REQ_sign(request, key.pointer, SignatureDigest.of(key.publicKey)) > 0 else {
            throw OpenSSLError("X509_REQ_sign")
        }
        return try encode("i2d_X509_REQ") { i2d_X509_REQ(request, $0) }
    }

    private static func publicKey(of request: OpaquePointer) throws(RequestError) -> PublicKey {
        do throws(OpenSSLError) {
            return try PublicKey(decoding: X509_REQ_get_X509_PUBKEY(request))
        } catch { throw .malformed(error) }
    }

    /// OpenSSL reads the first list of extensions and answers "none" where a kind stands twice or does not parse;
    /// a wish that is hidden so would be dropped instead of denied.
    private static func names(in request: OpaquePointer) throws(RequestError) -> [SubjectAlternativeName] {
        defer { ERR_clear_error() }
        let lists = [NID_ext_req, NID_ms_ext_req].flatMap { kind in
            (0..<X509_REQ_get_attr_count(request)).filter { position in
                X509_REQ_get_attr(request, position).map { OBJ_obj2nid(X509_ATTRIBUTE_get0_object($0)) }
                    == kind
            }
        }
        guard let list = lists.first else { return [] }
        guard lists.count == 1, X509_ATTRIBUTE_count(X509_REQ_get_attr(request, list)) == 1 else {
            throw .ambiguousNames("it has more than one list of extensions")
        }
        guard let extensions = X509_REQ_get_extensions(request) else {
            throw .ambiguousNames("its list of extensions does not parse")
        }
        defer { shim_sk_X509_EXTENSION_free(extensions) }
        var state: CInt = 0
        guard let found = X509V3_get_d2i(extensions, NID_subject_alt_name, &state, nil) else {
            switch state {
            case -1: return []
            case -2: throw .ambiguousNames("subjectAltName stands in it more than once")
            default: throw .ambiguousNames("its subjectAltName does not parse")
            }
        }
        let names = OpaquePointer(found)
        defer { GENERAL_NAMES_free(names) }
        return (0..<min(shim_sk_GENERAL_NAME_num(names), CInt(namesRead + 1))).compactMap { index in
            shim_sk_GENERAL_NAME_value(names, index).map { SubjectAlternativeName($0) }
        }
    }

    private static func parse(_ der: [UInt8]) throws(OpenSSLError) -> OpaquePointer {
        var consumed = 0
        var parsed: OpaquePointer? = try openSSL("X509_REQ_new") {
            X509_REQ_new_ex(KeylessContext.shared?.pointer, nil)
        }
        // What does not parse is freed by the parser.
        let pointer = try openSSL("d2i_X509_REQ") {
            der.withUnsafeBufferPointer { bytes in
                var cursor = bytes.baseAddress
                defer { consumed = bytes.baseAddress.flatMap { start in cursor.map { $0 - start } } ?? 0 }
                return d2i_X509_REQ(&parsed, &cursor, bytes.count)
            }
        }
        guard consumed == der.count else {
            X509_REQ_free(pointer)
            throw OpenSSLError("d2i_X509_REQ", because: "bytes follow the request")
        }
        return pointer
    }
}

/// The digest a key signs with.
enum SignatureDigest {
    /// nil is right for Ed25519, which hashes by itself.
    static func of(_ key: PublicKey) -> OpaquePointer? {
        switch key.kind {
        case .ec(_, let bits) where bits > 256: EVP_sha384()
        case .ed25519: nil
        default: EVP_sha256()
        }
    }
}
