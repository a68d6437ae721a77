// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OpenSSL

struct DigestTests {
    @Test func `SHA-256 gives the vector of FIPS 180-4`() {
        #expect(
            Digest.hex(Digest.sha256(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Digest.hex([0, 0x0f, 0xf0]) == "000ff0")
    }

    @Test func `random bytes differ, and equality looks at all of them`() {
        let bytes = RandomBytes.make(32)
        #expect(RandomBytes.make(32) != bytes)
        var other = bytes
        other[31] ^= 1
        #expect(
            constantTimeEqual(bytes, bytes) && !constantTimeEqual(bytes, other)
                && !constantTimeEqual(bytes, []))
    }
}
