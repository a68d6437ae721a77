// SPDX-License-Identifier: Apache-2.0
import TestPeers
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
        let der = try ForeignProgram.openSSL.run(
            ["req", "-new", "-subj", "/CN=x", "-nodes", "-keyout", "/dev/null", "-outform", "DER"] + options)
        do {
            _ = try SigningRequest(der: der)
            Issue.record("taken")
        } catch RequestError.refusedKey(let reason) {
            #expect(!reason.isEmpty)
        }
    }

    @Test func `a compressed point is refused`() throws {
        let key = try ForeignProgram.openSSL.run([
            "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
        ])
        let compressed = try ForeignProgram.openSSL.run(["ec", "-conv_form", "compressed"], input: key)
        let der = try ForeignProgram.openSSL.run(
            ["req", "-new", "-subj", "/CN=x", "-key", "/dev/stdin", "-outform", "DER"], input: compressed)
        #expect(throws: RequestError.refusedKey("an EC key must be written as an uncompressed point")) {
            try SigningRequest(der: der)
        }
    }

    /// The second one spelt as its identifier and raw bytes, which openssl does not recognise as a repetition.
    @Test(arguments: [
        ["-addext", "subjectAltName=DNS:a.example", "-addext", "2.5.29.17=DER:3003820161"],
        ["-addext", "2.5.29.17=DER:0400"], ["-addext", "2.5.29.17=DER:30058203"],
    ])
    func `names that stand twice or do not parse are refused, not overlooked`(extensions: [String]) throws {
        let der = try ForeignProgram.openSSL.run(
            [
                "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "/dev/null",
                "-subj", "/CN=x", "-outform", "DER",
            ] + extensions)
        let refusal = #expect(throws: RequestError.self) { _ = try SigningRequest(der: der) }
        #expect(refusal?.description.contains("subjectAltName") == true)
    }

    /// Whoever signs writes the extensions itself; a request that wants to be an authority is only not heard.
    @Test func `a request for CA:TRUE is read without it`() throws {
        let der = try ForeignProgram.openSSL.run([
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            "/dev/null",
            "-subj", "/CN=web.other.svc", "-outform", "DER", "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign", "-addext", "1.2.3.4=critical,DER:0500",
        ])
        #expect(try SigningRequest(der: der).requestedNames == [])
    }

    @Test func `openssl accepts what we make`() throws {
        let der = try SigningRequest.create(key: .generate(.ecdsaP384), names: [.dns("a.b.svc")])
        let text = try ForeignProgram.openSSL.run(
            ["req", "-inform", "DER", "-verify", "-noout", "-text"], input: der)
        #expect(String(decoding: text, as: UTF8.self).contains("DNS:a.b.svc"))
    }
}
