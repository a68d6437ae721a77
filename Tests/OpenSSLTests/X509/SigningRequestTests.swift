// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OpenSSL

struct SigningRequestTests {
    @Test(arguments: [.ecdsaP256, .ecdsaP384, .ed25519, .rsa2048] as [KeyAlgorithm])
    func `a request proves its key and tells its wishes`(algorithm: KeyAlgorithm) throws {
        let key = try PrivateKey.generate(algorithm)
        let names: [SubjectAlternativeName] = [.dns("web.shop.svc"), .ip([10, 0, 0, 7])]
        let request = try SigningRequest(der: SigningRequest.create(key: key, names: names))
        #expect(request.requestedNames == names)
        #expect(request.publicKey.equals(key.publicKey))
        #expect(!request.hasSubject)
        #expect(try SigningRequest(der: SigningRequest.create(key: key)).requestedNames == [])
    }

    @Test func `the signature of another key is refused`() throws {
        var der = try SigningRequest.create(key: .generate(.ecdsaP256))
        der[der.count - 1] ^= 1
        #expect(throws: RequestError.notSelfSigned) { try SigningRequest(der: der) }
    }

    @Test func `bytes behind the request and requests beyond the limit are refused`() throws {
        let der = try SigningRequest.create(key: .generate(.ecdsaP256))
        #expect(throws: RequestError.self) { try SigningRequest(der: der + [0]) }
        let size = SigningRequest.sizeLimit + 1
        #expect(throws: RequestError.tooLarge(bytes: size)) {
            try SigningRequest(der: Array(repeating: 0x30, count: size))
        }
        #expect(throws: RequestError.self) { try SigningRequest(der: []) }
    }

    @Test(arguments: [
        ["-newkey", "rsa:1024"], ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"],
        ["-newkey", "rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:3"], ["-newkey", "ed448"],
    ])
    func `keys that podmint does not certify are refused by name`(options: [String]) throws {
        let der = try OpenSSLCommand.run(
            ["req", "-new", "-subj", "/CN=x", "-nodes", "-keyout", "/dev/null", "-outform", "DER"] + options)
        do {
            _ = try SigningRequest(der: der)
            Issue.record("taken")
        } catch RequestError.refusedKey(let reason) {
            #expect(!reason.isEmpty)
        }
    }

    @Test func `openssl accepts what we make`() throws {
        let der = try SigningRequest.create(key: .generate(.ecdsaP384), names: [.dns("a.b.svc")])
        let text = try OpenSSLCommand.run(
            ["req", "-inform", "DER", "-verify", "-noout", "-text"], input: der)
        #expect(String(decoding: text, as: UTF8.self).contains("DNS:a.b.svc"))
    }
}
