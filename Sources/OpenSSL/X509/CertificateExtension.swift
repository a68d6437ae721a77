// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// One extension, made once and encoded into many certificates: encoding the few bytes anew is cheaper than OpenSSL's copy of
/// an extension, which encodes and parses.
final class CertificateExtension: @unchecked Sendable {
    // The structure of the extension's kind; nobody changes it after `init`, and encoding reads it.
    private let value: UnsafeMutableRawPointer
    private let identifier: CInt
    private let isCritical: Bool

    private init(_ identifier: CInt, isCritical: Bool, owning value: UnsafeMutableRawPointer) {
        self.identifier = identifier
        self.isCritical = isCritical
        self.value = value
    }

    deinit { shim_X509V3_EXT_free(identifier, value) }

    /// Behind those that are there (`X509_add1_ext_i2d`).
    func add(to certificate: OpaquePointer) throws(OpenSSLError) {
        try check("X509_add1_ext_i2d") {
            X509_add1_ext_i2d(certificate, identifier, value, isCritical ? 1 : 0, UInt(X509V3_ADD_APPEND))
        }
    }

    /// An `X509_EXTENSION *` of the caller's own.
    func encoded() throws(OpenSSLError) -> OpaquePointer {
        try openSSL("X509V3_EXT_i2d") { X509V3_EXT_i2d(identifier, isCritical ? 1 : 0, value) }
    }

    /// `pathLength` is only for authorities, where nil means unlimited.
    static func basicConstraints(
        isAuthority: Bool, pathLength: Int? = nil
    ) throws(OpenSSLError) -> CertificateExtension {
        let value = try openSSL("BASIC_CONSTRAINTS_new") { BASIC_CONSTRAINTS_new() }
        let made = CertificateExtension(NID_basic_constraints, isCritical: true, owning: value)
        value.pointee.ca = isAuthority ? 0xff : 0
        if isAuthority, let pathLength {
            let number = try openSSL("ASN1_INTEGER_new") { ASN1_INTEGER_new() }
            value.pointee.pathlen = number
            try check("ASN1_INTEGER_set") { ASN1_INTEGER_set(number, pathLength) }
        }
        return made
    }

    static func keyUsage(_ usages: Set<KeyUsage>) throws(OpenSSLError) -> CertificateExtension {
        let value = try openSSL("ASN1_BIT_STRING_new") { ASN1_BIT_STRING_new() }
        let made = CertificateExtension(NID_key_usage, isCritical: true, owning: value)
        for usage in usages {
            try check("ASN1_BIT_STRING_set_bit") { ASN1_BIT_STRING_set_bit(value, usage.bit, 1) }
        }
        return made
    }

    static func extendedKeyUsage(_ usages: [ExtendedKeyUsage]) throws(OpenSSLError) -> CertificateExtension {
        let value = try openSSL("EXTENDED_KEY_USAGE_new") { shim_sk_ASN1_OBJECT_new() }
        let made = CertificateExtension(
            NID_ext_key_usage, isCritical: false, owning: UnsafeMutableRawPointer(value))
        for usage in usages {
            let object = try openSSL("OBJ_txt2obj") { OBJ_txt2obj(usage.identifier, 1) }
            guard shim_sk_ASN1_OBJECT_push(value, object) > 0 else {
                ASN1_OBJECT_free(object)
                throw OpenSSLError("sk_ASN1_OBJECT_push")
            }
        }
        return made
    }

    static func subjectKeyIdentifier(_ identifier: [UInt8]) throws(OpenSSLError) -> CertificateExtension {
        CertificateExtension(
            NID_subject_key_identifier, isCritical: false, owning: try octets(identifier))
    }

    static func authorityKeyIdentifier(_ identifier: [UInt8]) throws(OpenSSLError) -> CertificateExtension {
        let value = try openSSL("AUTHORITY_KEYID_new") { AUTHORITY_KEYID_new() }
        let made = CertificateExtension(NID_authority_key_identifier, isCritical: false, owning: value)
        value.pointee.keyid = try octets(identifier)
        return made
    }

    /// Refuses names that are empty, over-long or not printable ASCII, and kinds podmint never issues.
    static func subjectAlternativeName(
        _ names: [SubjectAlternativeName], isCritical: Bool
    ) throws(OpenSSLError) -> CertificateExtension {
        let value = try openSSL("GENERAL_NAMES_new") { shim_sk_GENERAL_NAME_new() }
        let made = CertificateExtension(
            NID_subject_alt_name, isCritical: isCritical, owning: UnsafeMutableRawPointer(value))
        for name in names {
            let general = try GeneralName.make(name)
            guard shim_sk_GENERAL_NAME_push(value, general) > 0 else {
                GENERAL_NAME_free(general)
                throw OpenSSLError("sk_GENERAL_NAME_push")
            }
        }
        return made
    }

    private static func octets(
        _ bytes: [UInt8]
    ) throws(OpenSSLError) -> UnsafeMutablePointer<ASN1_OCTET_STRING> {
        let value = try openSSL("ASN1_OCTET_STRING_new") { ASN1_OCTET_STRING_new() }
        guard ASN1_OCTET_STRING_set(value, bytes, CInt(bytes.count)) == 1 else {
            ASN1_OCTET_STRING_free(value)
            throw OpenSSLError("ASN1_OCTET_STRING_set")
        }
        return value
    }
}

/// Makes `GENERAL_NAME`s.
private enum GeneralName {
    /// The longest DNS name; a SPIFFE ID may have 2048 bytes (SPIFFE-ID section 2.3).
    private static let longest = 2048

    static func make(_ name: SubjectAlternativeName) throws(OpenSSLError) -> UnsafeMutablePointer<
        GENERAL_NAME
    > {
        switch name {
        case .dns(let text): return try make(GEN_DNS, ia5(text))
        case .uri(let text): return try make(GEN_URI, ia5(text))
        case .email(let text): return try make(GEN_EMAIL, ia5(text))
        case .ip(let bytes):
            guard bytes.count == 4 || bytes.count == 16 else {
                throw refusal("an address of \(bytes.count) bytes")
            }
            return try make(GEN_IPADD, string(bytes, V_ASN1_OCTET_STRING))
        case .other(let text): throw refusal("a name of another kind (\(text))")
        }
    }

    private static func ia5(_ text: String) throws(OpenSSLError) -> UnsafeMutablePointer<ASN1_STRING> {
        guard !text.isEmpty, text.utf8.count <= longest, text.utf8.allSatisfy({ (0x21..<0x7f).contains($0) })
        else {
            throw refusal("a name that is empty, too long or not printable ASCII")
        }
        return try string(Array(text.utf8), V_ASN1_IA5STRING)
    }

    private static func string(
        _ bytes: [UInt8], _ type: CInt
    ) throws(OpenSSLError) -> UnsafeMutablePointer<ASN1_STRING> {
        let value = try openSSL("ASN1_STRING_type_new") { ASN1_STRING_type_new(type) }
        guard ASN1_STRING_set(value, bytes, CInt(bytes.count)) == 1 else {
            ASN1_STRING_free(value)
            throw OpenSSLError("ASN1_STRING_set")
        }
        return value
    }

    private static func make(
        _ kind: CInt, _ value: UnsafeMutablePointer<ASN1_STRING>
    ) throws(OpenSSLError) -> UnsafeMutablePointer<GENERAL_NAME> {
        guard let name = GENERAL_NAME_new() else {
            ASN1_STRING_free(value)
            throw OpenSSLError("GENERAL_NAME_new")
        }
        GENERAL_NAME_set0_value(name, kind, value)
        return name
    }

    private static func refusal(_ what: String) -> OpenSSLError {
        OpenSSLError("subject alternative name", because: "\(what) cannot be put into a certificate")
    }
}
