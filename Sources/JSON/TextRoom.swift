// SPDX-License-Identifier: Apache-2.0

/// Growable bytes for one writer alone: an array asks at each byte whether somebody shares it.
@safe struct TextRoom: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = max(capacity, 16)
        unsafe start = .allocate(capacity: self.capacity)
    }

    deinit { unsafe start.deallocate() }

    /// A copy.
    var bytes: [UInt8] { unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)) }

    mutating func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        grow(count + more)
    }

    mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe start[count] = byte
        count += 1
    }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) { unsafe append(bytes, 0..<bytes.count) }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>, _ part: Range<Int>) {
        guard let source = bytes.baseAddress, !part.isEmpty else { return }
        reserve(part.count)
        unsafe (start + count).update(from: source + part.lowerBound, count: part.count)
        count += part.count
    }

    mutating func append(_ text: StaticString) {
        unsafe append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ text: some StringProtocol) {
        var text = String(text)
        text.withUTF8 { unsafe append($0) }
    }

    /// Lets `fill` append up to that many bytes.
    mutating func append(atMost most: Int, _ fill: (inout OutputSpan<UInt8>) -> Void) {
        reserve(most)
        var span = unsafe OutputSpan(
            buffer: UnsafeMutableBufferPointer(start: start + count, count: most), initializedCount: 0)
        fill(&span)
        count += unsafe span.finalize(for: UnsafeMutableBufferPointer(start: start + count, count: most))
    }

    private mutating func grow(_ needed: Int) {
        let larger = max(needed, 2 * capacity)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        unsafe moved.update(from: start, count: count)
        unsafe start.deallocate()
        unsafe start = moved
        capacity = larger
    }
}
