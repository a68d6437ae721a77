// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Bytes of OpenSSL's generator (`RAND_bytes`).
package enum RandomBytes {
    /// Traps when the generator is broken: nothing may go on with predictable serials or keys.
    package static func make(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            guard RAND_bytes(buffer.baseAddress, CInt(count)) == 1 || fillFromKernel(buffer, count) else {
                preconditionFailure("RAND_bytes gave nothing: \(OpenSSLError("RAND_bytes"))")
            }
            filled = count
        }
    }

    /// A thread's generator is seeded through the secure heap; when that is full, what it would be seeded with is as good.
    /// getrandom(2), which up to 256 bytes is never cut short.
    private static func fillFromKernel(_ buffer: UnsafeMutableBufferPointer<UInt8>, _ count: Int) -> Bool {
        ERR_clear_error()
        return count <= 256 && getrandom(buffer.baseAddress, count, 0) == count
    }
}

/// Equality whose time says nothing about where two values differ (`CRYPTO_memcmp`); lengths are not secret.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
