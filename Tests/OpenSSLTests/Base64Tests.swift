// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OpenSSL

struct Base64Tests {
    /// RFC 4648 section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `the vectors of RFC 4648 go both ways`(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
        #expect(decodedAsSecret(text) == Array(plain.utf8))
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "=", "====", "Zm9v\n", " Zm9", "Zm9-", "Zm_v", "Z=9v", "Zm9vé123",
    ])
    func `anything else is refused`(text: String) {
        #expect(Base64.decode(text) == nil)
        #expect(decodedAsSecret(text) == nil)
    }

    @Test func `long content goes both ways`() {
        for count in [1000, 4096, 65537] {
            let bytes = RandomBytes.make(count)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    func decodedAsSecret(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard let secret = Base64.decodeSecret(bytes.span.bytes) else { return nil }
        return secret.withUnsafeBytes { Array($0) }
    }
}
