// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// The locked memory that private keys live in (`CRYPTO_secure_malloc`), once `ProcessHardening.apply` has made it.
///
/// It never grows, and OpenSSL keeps secret numbers nowhere else: when it is full no key can be read or made, and no TLS
/// connection opened. So whoever keeps many keys asks here first.
package enum SecureHeap {
    /// Bytes handed out now, as its allocator counts them; none where there is no such heap, and OpenSSL would crash.
    package static var used: Int { CRYPTO_secure_malloc_initialized() == 1 ? CRYPTO_secure_used() : 0 }

    /// Whether a key of the largest kind would find no room. What failed then may go well later, whatever OpenSSL said of it.
    package static var isFull: Bool {
        guard CRYPTO_secure_malloc_initialized() == 1 else { return false }
        guard let piece = CRYPTO_secure_malloc(largestKey, #file, CInt(#line)) else {
            ERR_clear_error()
            return true
        }
        CRYPTO_secure_free(piece, #file, CInt(#line))
        return false
    }

    /// The secret numbers of RSA-16384: one of 2 kB and five of 1 kB.
    private static let largestKey = 8 * 1024
}
