// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// The OpenSSL that this program carries or has loaded, as `OpenSSL_version(3)` tells it.
package enum OpenSSLVersion {
    package static var text: String { String(cString: OpenSSL_version(OPENSSL_VERSION)) }
}
