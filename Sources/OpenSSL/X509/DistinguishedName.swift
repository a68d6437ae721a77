// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// X.509 names as text for people; never for comparing (`X509_NAME_cmp` does that).
enum DistinguishedName {
    /// RFC 2253 with UTF-8 kept readable; control characters are escaped, so a name cannot forge a log line.
    static func text(_ name: OpaquePointer?) -> String {
        guard let name, X509_NAME_entry_count(name) > 0 else { return "(no subject)" }
        guard let bio = BIO_new(BIO_s_mem()) else { return "?" }
        defer { BIO_free(bio) }
        let flags =
            UInt(XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_DN_REV | XN_FLAG_FN_SN | XN_FLAG_DUMP_UNKNOWN_FIELDS)
            | UInt(ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT)
            | UInt(ASN1_STRFLGS_DUMP_UNKNOWN | ASN1_STRFLGS_DUMP_DER)
        guard X509_NAME_print_ex(bio, name, 0, flags) >= 0 else {
            ERR_clear_error()
            return "?"
        }
        var start: UnsafeMutablePointer<CChar>?
        let count = shim_BIO_get_mem_data(bio, &start)
        return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }

    static func commonName(_ name: OpaquePointer?) -> String? {
        var last: CInt = -1
        while case let next = X509_NAME_get_index_by_NID(name, NID_commonName, last), next >= 0 {
            last = next
        }
        guard last >= 0, let entry = X509_NAME_get_entry(name, last),
            let value = X509_NAME_ENTRY_get_data(entry)
        else {
            return nil
        }
        var text: UnsafeMutablePointer<UInt8>?
        let count = ASN1_STRING_to_UTF8(&text, value)
        guard count >= 0 else {
            ERR_clear_error()
            return nil
        }
        defer { CRYPTO_free(text, #file, CInt(#line)) }
        return String(decoding: UnsafeBufferPointer(start: text, count: Int(count)), as: UTF8.self)
    }
}
