// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Buffers

@Suite struct ByteBufferTests {
    @Test func `keeps what was appended, in order, while it grows`() {
        let buffer = ByteBuffer(minimumCapacity: 1)
        var expected: [UInt8] = []
        for round in 0..<300 {
            let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: round % 37)
            buffer.append(piece)
            buffer.append(UInt8(truncatingIfNeeded: round &* 7))
            expected += piece + [UInt8(truncatingIfNeeded: round &* 7)]
        }
        #expect(buffer.bytes == expected)
    }

    @Test func `drops from the front and keeps the rest`() {
        let buffer = ByteBuffer(Array("header body".utf8))
        buffer.removeFirst(7)
        #expect(buffer.bytes == Array("body".utf8))
        #expect(buffer[0] == UInt8(ascii: "b"))
    }

    @Test func `wipes what it drops`() {
        let buffer = ByteBuffer(Array("secret".utf8))
        buffer.removeAll()
        let left = buffer.appendUnsafe(upTo: 6) { _ in 6 }
        #expect(left == 6)
        #expect(buffer.bytes == [0, 0, 0, 0, 0, 0])
    }

    @Test func `has readable padding behind the last byte`() {
        let buffer = ByteBuffer(Array("x".utf8))
        buffer.withUnsafeBytes { bytes in
            let past = UnsafeRawBufferPointer(
                start: bytes.baseAddress! + bytes.count, count: ByteBuffer.padding)
            #expect(past.allSatisfy { $0 == 0 })
        }
    }
}
