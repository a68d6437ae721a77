// SPDX-License-Identifier: Apache-2.0
import TestPeers
import Testing

@testable import OpenSSL

struct PrivateKeyTests {
    @Test(arguments: KeyAlgorithm.allCases)
    func `a key survives its own PEM`(algorithm: KeyAlgorithm) throws {
        let key = try PrivateKey.generate(algorithm)
        let again = try PrivateKey(pem: key.pem())
        #expect(again.publicKey.equals(key.publicKey))
        let text = key.withPEM { String(decoding: $0, as: UTF8.self) }
        #expect(
            text.hasPrefix("-----BEGIN PRIVATE KEY-----\n") && text.hasSuffix("-----END PRIVATE KEY-----\n"))
        #expect(key.publicKey.spkiSHA256.count == 32)
        #expect(KeyRequirement.refusal(of: key.publicKey) == nil)
    }

    @Test(arguments: [
        (["ecparam", "-name", "prime256v1", "-genkey"], "ECDSA P-256"),
        (["genrsa", "-traditional", "2048"], "RSA-2048"),
        (["genpkey", "-algorithm", "ed25519"], "Ed25519"),
    ])
    func `what openssl writes is read, older forms and EC PARAMETERS too`(command: [String], kind: String)
        throws
    {
        let text = try ForeignProgram.openSSL.run(command)
        #expect(try read(text).publicKey.kind.description == kind)
    }

    @Test(arguments: [
        ["genpkey", "-algorithm", "ed25519", "-aes-128-cbc", "-pass", "pass:secret"],
        ["genrsa", "-traditional", "-aes128", "-passout", "pass:secret", "2048"],
    ])
    func `a key under a passphrase is named as such`(command: [String]) throws {
        let text = try ForeignProgram.openSSL.run(command)
        #expect(throws: KeyError.encrypted) { try read(text) }
    }

    @Test func `what is no key is refused with its reason`() throws {
        let root = try TestAuthority().root.certificate
        #expect(throws: KeyError.notAKey("CERTIFICATE")) { try read(Array(root.pem.utf8)) }
        let key = try PrivateKey.generate(.ed25519).withPEM { Array($0) }
        #expect(throws: KeyError.ambiguous(count: 2)) { try read(key + key) }
        let junk = Array(PEM.text(label: "PRIVATE KEY", der: [0x30, 3, 2, 1, 0]).utf8)
        let refusal = #expect(throws: KeyError.self) { try read(junk) }
        #expect(refusal?.description.contains("does not parse") == true)
        #expect(throws: KeyError.self) { try read([]) }
    }

    @Test func `an explicit curve is seen`() throws {
        let text = try ForeignProgram.openSSL.run([
            "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt",
            "ec_param_enc:explicit",
        ])
        let key = try read(text)
        #expect(key.publicKey.objection == .explicitCurve)
        #expect(KeyRequirement.refusal(of: key.publicKey) != nil)
    }

    func read(_ text: [UInt8]) throws(KeyError) -> PrivateKey { try PrivateKey(pem: text.span.bytes) }
}
