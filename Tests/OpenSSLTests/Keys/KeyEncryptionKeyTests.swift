// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OpenSSL

struct KeyEncryptionKeyTests {
    private func kek(_ text: [UInt8]) throws(KeyWrapError) -> KeyEncryptionKey {
        try KeyEncryptionKey(reading: SecretBytes(copying: text.span.bytes))
    }

    private var counting: KeyEncryptionKey { get throws { try kek(Array(0..<32)) } }

    @Test(arguments: KeyAlgorithm.allCases) func `a key comes back as it was`(algorithm: KeyAlgorithm) throws
    {
        let key = try PrivateKey.generate(algorithm)
        let wrapped = try counting.wrap(key)
        #expect(wrapped.count % 8 == 0)
        #expect(try counting.unwrap(wrapped).publicKey.equals(key.publicKey))
    }

    /// By PyPI `cryptography` 46: aes_key_wrap_with_padding(bytes(range(32)), <the key in DER>).
    @Test func `others wrap it to the very same bytes`() throws {
        let pem = """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAA
            AAAAABI0VniQq83vEjRWeJCrze+hRANCAAT56+RkFHzBAtkjJNCZ2SfBpQ5C1XoI
            oRb/7AopgZ2MZXC699EoiJAqagwdZ63RAxI8hZq2m/jpQxyThJMNS37u
            -----END PRIVATE KEY-----
            """
        let expected =
            "757fb3471de64abcdb472299e7b9200fa3dc23b4511105e8d1eeacb50a46e23e3711c418065b09a050f9727d00ca8a17bb2565"
            + "a34569a6ee186f74b1e99a9d24869a9e9638cf81d7a2fd6e5a108204525a373ce82c29869eb2276a58e586c109e275d1f669"
            + "ceb993e6e32b90c002cbfa219a328fd3cb5d67cf75e930f7893b7edfc00144a02de728b8da0dfce0504e80bb0d0e1b8de10cbb"
        let key = try PrivateKey(pem: SecretBytes(copying: Array(pem.utf8).span.bytes))
        #expect(Digest.hex(try counting.wrap(key)) == expected)
    }

    @Test func `another KEK, or any byte changed, yields nothing`() throws {
        let wrapped = try counting.wrap(try .generate(.ecdsaP256))
        #expect(throws: KeyWrapError.wrongKEK) { try kek(Array(1..<33)).unwrap(wrapped) }
        for index in wrapped.indices {
            var changed = wrapped
            changed[index] ^= 1
            #expect(throws: KeyWrapError.wrongKEK) { try counting.unwrap(changed) }
        }
    }

    @Test(arguments: [0, 8, 16, 25, 20_000]) func `what is no wrapped key is told`(count: Int) throws {
        #expect(throws: KeyWrapError.malformed(bytes: count)) {
            try counting.unwrap([UInt8](repeating: 7, count: count))
        }
    }

    @Test func `a KEK is read as bytes, as hexadecimal and as Base64`() throws {
        let bytes = Array(UInt8(0)..<32)
        let wrapped = try counting.wrap(try .generate(.ecdsaP256))
        let texts = [
            Digest.hex(bytes), Digest.hex(bytes).uppercased(), "  \(Digest.hex(bytes))\n",
            Base64.encode(bytes) + "\n",
        ]
        for text in texts { _ = try kek(Array(text.utf8)).unwrap(wrapped) }
    }

    @Test(arguments: ["", "secret", String(repeating: "a", count: 31), String(repeating: "g", count: 64)])
    func `anything else is no KEK`(text: String) {
        #expect(throws: KeyWrapError.unusableKEK(bytes: text.utf8.count)) { try kek(Array(text.utf8)) }
    }
}
