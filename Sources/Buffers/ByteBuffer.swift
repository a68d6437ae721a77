// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Growable bytes on the heap with `padding` readable bytes behind them, as a SIMD parser wants.
///
/// Bodies pass through here and some carry private keys, so memory is wiped when it is given back, when it
/// moves to grow, and on `removeAll()`. Not `Sendable`: a buffer belongs to one thread.
@safe package final class ByteBuffer {
    /// Bytes past the end that may be read (simdjson's `SIMDJSON_PADDING`).
    package static let padding = 64

    private var storage: UnsafeMutableRawPointer
    private var capacity: Int
    package private(set) var count = 0

    package init(minimumCapacity: Int = 4096) {
        capacity = max(minimumCapacity, 64)
        unsafe storage = Self.allocate(capacity)
    }

    package convenience init(_ bytes: some Collection<UInt8>) {
        self.init(minimumCapacity: bytes.count)
        append(bytes)
    }

    deinit {
        unsafe explicit_bzero(storage, count)
        unsafe storage.deallocate()
    }

    package var isEmpty: Bool { count == 0 }

    package subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "index past the end of a buffer")
        return unsafe storage.load(fromByteOffset: index, as: UInt8.self)
    }

    /// A copy; for what outlives the buffer or leaves its thread.
    package var bytes: [UInt8] { unsafe [UInt8](UnsafeRawBufferPointer(start: storage, count: count)) }

    package func append(_ byte: UInt8) {
        reserve(1)
        unsafe storage.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    package func append(_ bytes: some Collection<UInt8>) {
        let copied: Void? = bytes.withContiguousStorageIfAvailable { source in
            unsafe append(copying: UnsafeRawBufferPointer(source))
        }
        if copied == nil { for byte in bytes { append(byte) } }
    }

    package func append(_ text: StaticString) {
        unsafe append(copying: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package func append(copying source: UnsafeRawBufferPointer) {
        guard source.count > 0, let start = source.baseAddress else { return }
        reserve(source.count)
        unsafe (storage + count).copyMemory(from: start, byteCount: source.count)
        count += source.count
    }

    /// Lets a reader (`SSL_read`) write straight into the free space; `body` returns how many bytes it wrote.
    package func appendUnsafe<Failure: Error>(
        upTo limit: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        reserve(limit)
        let written = try unsafe body(UnsafeMutableRawBufferPointer(start: storage + count, count: limit))
        precondition(written >= 0 && written <= limit, "more bytes written than there was room for")
        count += written
        return written
    }

    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeRawBufferPointer(start: storage, count: count))
    }

    /// Drops bytes from the front; what remains moves down.
    package func removeFirst(_ dropped: Int) {
        precondition(dropped >= 0 && dropped <= count, "more bytes dropped than there are")
        let rest = count - dropped
        if rest > 0 { unsafe storage.copyMemory(from: storage + dropped, byteCount: rest) }
        unsafe explicit_bzero(storage + rest, dropped)
        count = rest
    }

    /// Empties and wipes, keeping the memory for the next use unless it grew past `keeping` bytes.
    package func removeAll(keeping limit: Int = 64 * 1024) {
        unsafe explicit_bzero(storage, count)
        count = 0
        guard capacity > limit else { return }
        unsafe storage.deallocate()
        capacity = limit
        unsafe storage = Self.allocate(capacity)
    }

    package func reserve(_ additional: Int) {
        let needed = count + additional
        guard needed > capacity else { return }
        let grown = max(needed, capacity * 2)
        let moved = unsafe Self.allocate(grown)
        unsafe moved.copyMemory(from: storage, byteCount: count)
        unsafe explicit_bzero(storage, count)
        unsafe storage.deallocate()
        unsafe storage = moved
        capacity = grown
    }

    /// Zeroed past the end once, so that padding never reads uninitialised memory.
    private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity + padding, alignment: 64)
        unsafe memset(memory, 0, capacity + padding)
        return unsafe memory
    }
}
