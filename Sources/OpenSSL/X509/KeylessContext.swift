// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Synchronization

/// How certificates are read by this process.
package enum CertificateReading {
    /// For a process that reads a handful: a second library context would touch 0.4 MiB of the program for nothing.
    package static func staySmall() { KeylessContext.isForgone.store(true, ordering: .relaxed) }
}

/// A library context (`OSSL_LIB_CTX`) in which nothing can be decoded: certificates and requests that are parsed in it keep
/// their key as bits, and `PublicKeyDecoder` reads those ten times faster than the parser would.
///
/// Names, dates and extensions of such an object are as of any other. Its fingerprint is not to be had, and functions that
/// look for the parsed key inside it (`X509_verify_cert`, TLS) need it parsed in whole.
final class KeylessContext: @unchecked Sendable {
    // Never changed after `init`, and never freed.
    let pointer: OpaquePointer

    /// nil where nobody wants it: everything is parsed in whole then.
    static var shared: KeylessContext? { isForgone.load(ordering: .relaxed) ? nil : made }
    fileprivate static let isForgone = Atomic(false)
    private static let made = try? KeylessContext()

    private init() throws(OpenSSLError) {
        pointer = try openSSL("OSSL_LIB_CTX_new") { OSSL_LIB_CTX_new() }
        // Without any provider OpenSSL would load the default one.
        guard OSSL_PROVIDER_load(pointer, "null") != nil else {
            OSSL_LIB_CTX_free(pointer)
            throw OpenSSLError("OSSL_PROVIDER_load")
        }
    }
}
