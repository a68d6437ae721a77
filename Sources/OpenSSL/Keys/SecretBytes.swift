// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Bytes that must not be copied or left behind: in OpenSSL's secure heap where that is on
/// (`ProcessHardening.apply`), wiped when the owner goes.
///
/// Has no `[UInt8]` or `String` form on purpose: Swift copies those freely and wipes none of them.
package struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Sendable because the memory has exactly one owner, which can only be moved.
    private let memory: UnsafeMutableRawPointer
    private let capacity: Int
    package private(set) var count: Int

    /// Larger secrets go to the common heap (and are wiped all the same): one 1 MiB Secret must not starve the
    /// secure heap, in which OpenSSL keeps every private key. A key of 13 kB, the largest accepted, still fits.
    private static let secureHeapLimit = 16 * 1024

    init(capacity: Int) {
        let size = max(capacity, 1)
        var memory = size <= Self.secureHeapLimit ? CRYPTO_secure_malloc(size, #file, CInt(#line)) : nil
        if memory == nil {
            ERR_clear_error()
            memory = CRYPTO_malloc(size, #file, CInt(#line))
        }
        guard let memory else { preconditionFailure("out of memory for \(size) secret bytes") }
        self.memory = memory
        self.capacity = capacity
        count = 0
    }

    package init(copying bytes: RawSpan) {
        self.init(capacity: bytes.byteCount)
        bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { memory.copyMemory(from: start, byteCount: source.count) }
        }
        count = bytes.byteCount
    }

    /// Room of `capacity` bytes that `body` fills (a file's `read`, say); it returns how many bytes it wrote.
    package init<Failure: Error>(
        capacity: Int, filledBy body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        self.init(capacity: capacity)
        let written = try body(UnsafeMutableRawBufferPointer(start: memory, count: capacity))
        precondition(written >= 0 && written <= capacity, "more secret bytes written than there was room for")
        count = written
    }

    deinit { CRYPTO_secure_clear_free(memory, max(capacity, 1), #file, CInt(#line)) }

    package var isEmpty: Bool { count == 0 }

    /// Lends the bytes; they must not be copied out of `body`.
    package borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: memory, count: count).bytes)
    }

    package borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: memory, count: count))
    }

    /// Lets a decoder write the content; nil from `body` means it failed and the secret stays empty.
    mutating func fill(_ body: (UnsafeMutableRawBufferPointer) -> Int?) -> Bool {
        guard let written = body(UnsafeMutableRawBufferPointer(start: memory, count: capacity)) else {
            return false
        }
        precondition(written >= 0 && written <= capacity, "more secret bytes written than there was room for")
        count = written
        return true
    }

    /// Equality in constant time; lengths are not secret.
    package borrowing func equals(_ other: RawSpan) -> Bool {
        other.withUnsafeBytes { count == $0.count && CRYPTO_memcmp(memory, $0.baseAddress, count) == 0 }
    }

    package borrowing func equals(_ other: borrowing SecretBytes) -> Bool {
        count == other.count && CRYPTO_memcmp(memory, other.memory, count) == 0
    }
}
