// SPDX-License-Identifier: Apache-2.0
import TestPeers
import Testing

@testable import OpenSSL

/// What takes an attacker one signature and us hundreds is not computed.
struct KeyObjectionTests {
    static let keys: [(KeyObjection?, [String])] = [
        (nil, ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
        (nil, ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"]),
        (
            .longExponent,
            [
                "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt",
                "rsa_keygen_pubexp:18446744073709551617",
            ]
        ),
        (
            .longExponent,
            [
                "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt",
                "rsa_keygen_pubexp:2147483649",
            ]
        ),
        (nil, ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"]),
        (
            .longExponent,
            [
                "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt",
                "rsa_keygen_pubexp:2147483649",
            ]
        ),
        (nil, ["-algorithm", "ED448"]),
        (.binaryCurve, ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:sect283r1"]),
    ]

    @Test(arguments: keys.indices) func `a signature by an odd key is never checked`(index: Int) throws {
        let (objection, options) = Self.keys[index]
        let folder = try TemporaryFolder()
        try ForeignProgram.openSSL.run(["genpkey"] + options + ["-out", "key"], in: folder)
        let text = try ForeignProgram.openSSL.run(
            ["req", "-x509", "-key", "key", "-subj", "/CN=root", "-days", "30"], in: folder)
        let root = try #require(try PEM.certificates(in: text, limits: .chain).first)
        #expect(root.publicKey.objection == objection)
        #expect(root.isSelfSigned == (objection == nil))
        let result = ChainVerifier.verify(leaf: root, intermediates: [], anchors: [root], at: nil)
        guard case .refused(let fault) = result else {
            #expect(objection == nil)
            return
        }
        #expect(fault.cause == .refused && fault.reason == "its key \(objection?.rawValue ?? "")")
    }

    @Test func `a modulus that nobody else computes with is none here`() throws {
        // No key has this modulus, and nobody needs one: a certificate for it takes another's signature.
        let modulus = String(repeating: "f1", count: 1025)
        let folder = try TemporaryFolder()
        try folder.write(
            "key.cnf",
            Array(
                """
                asn1=SEQUENCE:info
                [info]
                algorithm=SEQUENCE:algorithm
                key=BITWRAP,SEQUENCE:rsa
                [algorithm]
                name=OID:rsaEncryption
                none=NULL
                [rsa]
                n=INTEGER:0x\(modulus)
                e=INTEGER:65537

                """.utf8))
        let openssl = ForeignProgram.openSSL
        try openssl.run(["asn1parse", "-genconf", "key.cnf", "-noout", "-out", "long.der"], in: folder)
        try openssl.run(
            ["pkey", "-pubin", "-inform", "DER", "-in", "long.der", "-out", "long.pem"], in: folder)
        try openssl.run(["genpkey", "-algorithm", "ED25519", "-out", "key"], in: folder)
        let text = try openssl.run(
            [
                "x509", "-new", "-force_pubkey", "long.pem", "-signkey", "key", "-subj", "/CN=x", "-days",
                "30",
            ],
            in: folder)
        let certificate = try #require(try PEM.certificates(in: text, limits: .chain).first)
        #expect(certificate.publicKey.kind == .rsa(bits: 8200))
        #expect(certificate.publicKey.objection == .longModulus)
    }

    @Test func `an anchor with such a key is named, not missed`() throws {
        let folder = try TemporaryFolder()
        let openssl = ForeignProgram.openSSL
        try openssl.run(
            [
                "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt",
                "rsa_keygen_pubexp:2147483649", "-out", "root.key",
            ], in: folder)
        try openssl.run(
            ["req", "-x509", "-key", "root.key", "-subj", "/CN=odd root", "-days", "30", "-out", "root.crt"],
            in: folder)
        try openssl.run(["genpkey", "-algorithm", "ED25519", "-out", "key"], in: folder)
        try openssl.run(["req", "-new", "-key", "key", "-subj", "/CN=leaf", "-out", "csr"], in: folder)
        let leafText = try openssl.run(
            ["x509", "-req", "-in", "csr", "-CA", "root.crt", "-CAkey", "root.key", "-set_serial", "7"],
            in: folder)
        let leaf = try #require(try PEM.certificates(in: leafText, limits: .chain).first)
        let rootText = String(decoding: try folder.read("root.crt"), as: UTF8.self)
        let root = try #require(try PEM.certificates(in: rootText, limits: .chain).first)
        let result = ChainVerifier.verify(leaf: leaf, intermediates: [], anchors: [root], at: nil)
        guard case .refused(let fault) = result else {
            Issue.record("it is trusted")
            return
        }
        #expect(fault.certificate == root && fault.reason == "its key \(KeyObjection.longExponent.rawValue)")
    }
}
