// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Glibc

/// What a process that holds private keys does first: no core dumps, no tracing by its equals, keys in locked memory.
package enum ProcessHardening {
    package enum SecureHeap: Sendable {
        case locked
        /// In use, but `mlock` was refused (RLIMIT_MEMLOCK): keys could reach swap.
        case unlocked
        case unavailable
    }

    /// 2 MiB, of which only touched pages are locked; the default RLIMIT_MEMLOCK is 8 MiB. A quarter stays free for TLS and
    /// for keys that are only looked at (`reserve`); the rest holds 450 RSA-8192 keys, or 10,000 of P-256.
    package static let heapSize = 2 << 20
    /// 4096 half-open TLS 1.2 handshakes with a key of 64 bytes each are 256 kB; then reviews, each with a Secret's text
    /// (16 kB) and key, on a few threads.
    package static let reserve = heapSize / 4
    /// The smallest piece handed out: a P-256 scalar has 32 bytes, and the arena wastes little on larger ones.
    private static let smallestPiece = 32

    /// Call once, before any key is read or made. Later calls change nothing.
    @discardableResult
    package static func apply(heapSize: Int = heapSize) -> SecureHeap {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        _ = shim_forbid_dumps()
        let result = CRYPTO_secure_malloc_init(heapSize, smallestPiece)
        ERR_clear_error()
        switch result {
        case 1: return .locked
        case 2: return .unlocked
        default: return CRYPTO_secure_malloc_initialized() == 1 ? .locked : .unavailable
        }
    }
}
