// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// What the extensions say; an extension that does not parse reads as absent, and `hasMalformedExtensions` tells.
extension Certificate {
    /// More names than this are not looked at; OpenSSL's own bound is a million.
    package static let namesRead = 1000

    package var subjectAlternativeNames: [SubjectAlternativeName] {
        guard let found = X509_get_ext_d2i(pointer, NID_subject_alt_name, nil, nil) else {
            ERR_clear_error()
            return []
        }
        let names = OpaquePointer(found)
        defer { GENERAL_NAMES_free(names) }
        return (0..<min(shim_sk_GENERAL_NAME_num(names), CInt(Self.namesRead))).compactMap { index in
            shim_sk_GENERAL_NAME_value(names, index).map { SubjectAlternativeName($0) }
        }
    }

    /// Basic constraints say CA.
    package var isCA: Bool { X509_get_extension_flags(pointer) & UInt32(EXFLAG_CA) != 0 }

    /// nil means unlimited.
    package var pathLength: Int? {
        let length = X509_get_pathlen(pointer)
        return length < 0 ? nil : length
    }

    /// nil when the certificate leaves usage open.
    package var keyUsage: Set<KeyUsage>? {
        let bits = X509_get_key_usage(pointer)
        guard bits != UInt32.max else { return nil }
        return Set(KeyUsage.allCases.filter { bits & $0.rawValue != 0 })
    }

    package var extendedKeyUsages: [ExtendedKeyUsage]? {
        guard let found = X509_get_ext_d2i(pointer, NID_ext_key_usage, nil, nil) else {
            ERR_clear_error()
            return nil
        }
        let usages = OpaquePointer(found)
        defer { EXTENDED_KEY_USAGE_free(usages) }
        return (0..<shim_sk_ASN1_OBJECT_num(usages)).compactMap { index in
            shim_sk_ASN1_OBJECT_value(usages, index).map { ExtendedKeyUsage($0) }
        }
    }

    package var subjectKeyIdentifier: [UInt8]? { Self.bytes(X509_get0_subject_key_id(pointer)) }
    package var authorityKeyIdentifier: [UInt8]? { Self.bytes(X509_get0_authority_key_id(pointer)) }

    /// Whether the authority key identifier speaks for that certificate (RFC 5280 section 4.2.1.1). It proves nothing.
    package func identifiesIssuer(_ issuer: Certificate) -> Bool {
        guard let wanted = X509_get0_authority_key_id(pointer),
            let found = X509_get0_subject_key_id(issuer.pointer)
        else { return false }
        return ASN1_STRING_cmp(wanted, found) == 0
    }

    package var hasMalformedExtensions: Bool {
        X509_get_extension_flags(pointer) & UInt32(EXFLAG_INVALID) != 0
    }

    /// One DNS name or address, matched as TLS clients do: SANs only, whole-label wildcards.
    package func covers(_ name: SubjectAlternativeName) -> Bool {
        ERR_clear_error()
        defer { ERR_clear_error() }
        let flags = UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
        switch name {
        case .dns(let name): return X509_check_host(pointer, name, name.utf8.count, flags, nil) == 1
        case .ip(let bytes): return X509_check_ip(pointer, bytes, bytes.count, flags) == 1
        default: return subjectAlternativeNames.contains(name)
        }
    }

    private static func bytes(_ string: UnsafePointer<ASN1_OCTET_STRING>?) -> [UInt8]? {
        guard let string else { return nil }
        return Array(
            UnsafeBufferPointer(start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string))))
    }
}
