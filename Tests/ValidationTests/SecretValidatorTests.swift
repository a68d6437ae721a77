// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import OpenSSL
import TestPeers
import Testing

@testable import Validation

struct SecretValidatorTests {
    let good: Fixture
    init() throws { good = try Fixture() }
    var root: String { good.root.certificate.pem }

    @Test func `good Secrets have no fault`() throws {
        let pair = ["tls.crt": good.chain, "tls.key": good.keyText]
        #expect(try Fixture.codes(pair) == [])
        #expect(try Fixture.codes(pair.merging(["ca.crt": root]) { $1 }) == [])
        #expect(try Fixture.codes(pair.merging(["ca.crt": good.intermediate.certificate.pem]) { $1 }) == [])
        #expect(try Fixture.codes(["tls.crt": good.leaf.pem, "tls.key": good.keyText]) == [])
        #expect(
            try Fixture.codes([
                "tls.crt": "a note\r\n" + good.chain.replacing("\n", with: "\r\n"), "tls.key": good.keyText,
            ]) == [])
    }

    @Test func `a bundle with foreign and old roots beside the right one is good`() throws {
        let bundle = try Fixture().root.certificate.pem + root
        #expect(try Fixture.codes(["tls.crt": good.chain, "tls.key": good.keyText, "ca.crt": bundle]) == [])
    }

    @Test func `a missing or empty key is MissingKey`() throws {
        #expect(try Fixture.codes(["tls.crt": good.chain], type: "Opaque") == [.missingKey])
        #expect(try Fixture.codes(["tls.crt": good.chain, "tls.key": ""]) == [.missingKey])
        #expect(try Fixture.codes(["ca.key": good.keyText], type: "Opaque") == [.missingKey])
    }

    @Test func `a key of another certificate is KeyMismatch, with both digests`() throws {
        let other = try PrivateKey.generate(.ecdsaP256)
        let faults = try Fixture.faults(["tls.crt": good.chain, "tls.key": Fixture.text(other)])
        #expect(faults.map(\.code) == [.keyMismatch])
        #expect(faults.first?.found.contains(Digest.hex(other.publicKey.spkiSHA256.prefix(4))) == true)
        #expect(faults.first?.field == "data[tls.key]")
    }

    @Test func `text that is no PEM is MalformedPEM with its block`() throws {
        let cut = good.leaf.pem + good.intermediate.certificate.pem.dropLast(40)
        let faults = try Fixture.faults(["tls.crt": cut, "tls.key": good.keyText])
        #expect(faults.map(\.code) == [.malformedPEM])
        #expect(faults.first?.found.contains("block 2") == true)
        #expect(
            try Fixture.codes(["tls.crt": "hello", "tls.key": "world"]) == [.malformedPEM, .malformedPEM])
        #expect(try Fixture.codes(["tls.crt": "", "tls.key": good.keyText]) == [.malformedPEM])
        #expect(
            try Fixture.codes(["tls.crt": good.keyText, "tls.key": good.leaf.pem]) == [
                .malformedPEM, .malformedPEM,
            ])
        #expect(
            try Fixture.codes(["tls.crt": good.chain + good.keyText, "tls.key": good.keyText]) == [
                .malformedPEM
            ])
    }

    @Test(arguments: [
        ["genpkey", "-algorithm", "ed25519", "-aes-128-cbc", "-pass", "pass:secret"],
        ["genrsa", "-traditional", "-aes128", "-passout", "pass:secret", "2048"],
    ])
    func `a key under a passphrase is EncryptedKey`(command: [String]) throws {
        let key = String(decoding: try ForeignProgram.openSSL.run(command), as: UTF8.self)
        let faults = try Fixture.faults(["tls.crt": good.chain, "tls.key": key])
        #expect(faults.map(\.code) == [.encryptedKey])
        #expect(faults.first?.fix.contains("openssl pkey -in tls.key") == true)
    }

    @Test func `an authority's key beside a leaf is AmbiguousSecret`() throws {
        let codes = try Fixture.codes([
            "tls.crt": good.chain, "tls.key": good.keyText, "ca.crt": root, "ca.key": good.keyText,
        ])
        #expect(codes == [.ambiguousSecret, .keyMismatch])
    }

    @Test(
        arguments: [
            (-400, -1, [.expired]), (1, 300, [.notYetValid]), (-300, 29, [.expiresSoon]), (-300, 31, []),
            (-60, 19, [.expiresSoon]), (-60, 31, []), (-400, 0, [.expiresSoon]),
        ] as [(Int64, Int64, [FaultCode])])
    func `validity is told by the given clock`(from: Int64, to: Int64, expected: [FaultCode]) throws {
        let leaf = try Fixture.leaf(of: good.intermediate, good.key, from: from, to: to)
        let entries = [
            "tls.crt": leaf.pem + good.intermediate.certificate.pem, "tls.key": good.keyText, "ca.crt": root,
        ]
        #expect(try Fixture.codes(entries) == expected)
    }

    @Test(arguments: [(30, []), (90, [.notYetValid])] as [(Int64, [FaultCode])])
    func `a certificate made just now may be ahead of our clock by a minute`(
        seconds: Int64, expected: [FaultCode]
    ) throws {
        let start = Fixture.now.secondsSinceEpoch + seconds
        let leaf = try good.intermediate.issue(
            LeafTemplate(names: [.dns("web.shop.svc")], notBefore: start, notAfter: start + 90 * Fixture.day),
            for: good.key.publicKey)
        #expect(try Fixture.codes(["tls.crt": leaf.pem, "tls.key": good.keyText]) == expected)
    }

    @Test func `order, roots and strangers in the chain are told`() throws {
        let (leaf, middle) = (good.leaf.pem, good.intermediate.certificate.pem)
        let stranger = try Fixture().intermediate.certificate.pem
        let key = good.keyText
        #expect(try Fixture.codes(["tls.crt": middle + leaf, "tls.key": key]) == [.chainOrder])
        #expect(
            try Fixture.codes(["tls.crt": middle + leaf, "tls.key": key, "ca.crt": root]) == [.chainOrder])
        #expect(
            try Fixture.codes(["tls.crt": leaf + middle + root, "tls.key": key, "ca.crt": root]) == [
                .rootInChain
            ])
        #expect(
            try Fixture.codes(["tls.crt": leaf + root + middle, "tls.key": key]) == [
                .chainOrder, .rootInChain,
            ])
        #expect(
            try Fixture.codes(["tls.crt": leaf + middle + stranger, "tls.key": key]) == [.surplusCertificate])
    }

    @Test func `trust is checked against the Secret's own ca.crt only`() throws {
        let other = try Fixture()
        let key = good.keyText
        #expect(
            try Fixture.codes(["tls.crt": good.leaf.pem, "tls.key": key, "ca.crt": root])
                == [.chainIncomplete, .untrustedChain])
        // The same names, other keys.
        #expect(
            try Fixture.codes(["tls.crt": good.chain, "tls.key": key, "ca.crt": other.root.certificate.pem])
                .contains(.untrustedChain))
        let selfMade = try CertificateIssuer.selfSigned(
            commonName: "web", algorithm: .ecdsaP256, notBefore: Fixture.now.secondsSinceEpoch - 60,
            notAfter: Fixture.now.secondsSinceEpoch + 300 * Fixture.day)
        let own = ["tls.crt": selfMade.certificate.pem, "tls.key": Fixture.text(selfMade.key)]
        #expect(try Fixture.codes(own) == [])
        #expect(try Fixture.codes(own.merging(["ca.crt": selfMade.certificate.pem]) { $1 }) == [])
        #expect(try Fixture.codes(own.merging(["ca.crt": root]) { $1 }) == [.untrustedChain])
    }

    @Test(
        arguments: [
            (["-newkey", "rsa:1024", "-sha256"], [.weakKey]),
            (["-newkey", "rsa:2048", "-sha1"], [.weakSignature]),
            (["-newkey", "rsa:1024", "-md5"], [.weakKey, .weakSignature]),
            (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-224", "-sha256"], [.weakKey]),
            (
                [
                    "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt",
                    "ec_param_enc:explicit",
                ], [.weakKey]
            ),
            (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"], []), (["-newkey", "ed25519"], []),
        ] as [([String], [FaultCode])])
    func `weak keys and signatures are told`(options: [String], expected: [FaultCode]) throws {
        let folder = try TemporaryFolder()
        let keyFile = folder.path + "/key"
        let certificate = try ForeignProgram.openSSL.run(
            ["req", "-x509", "-subj", "/CN=web", "-nodes", "-days", "7000", "-keyout", keyFile] + options)
        let entries = [
            "tls.crt": String(decoding: certificate, as: UTF8.self),
            "tls.key": String(decoding: try folder.read("key"), as: UTF8.self),
        ]
        // The program uses the real clock.
        let made = try #require(
            SecretMaterial(of: Fixture.secret(entries).root).certificate?.certificates.first)
        let time = Timestamp(secondsSinceEpoch: made.notBefore + 60)
        #expect(try Fixture.codes(entries, at: time) == expected)
    }

    @Test func `an authority must be one`() throws {
        let made = try CertificateIssuer.selfSigned(
            commonName: "CA", algorithm: .ecdsaP256, notBefore: Fixture.now.secondsSinceEpoch - 60,
            notAfter: Fixture.now.secondsSinceEpoch + 300 * Fixture.day)
        let key = Fixture.text(made.key)
        #expect(try Fixture.codes(["ca.crt": made.certificate.pem, "ca.key": key], type: "Opaque") == [])
        #expect(
            try Fixture.codes(["ca.crt": good.leaf.pem, "ca.key": good.keyText], type: "Opaque") == [.notCA])
        #expect(try Fixture.codes(["ca.crt": root, "ca.key": key], type: "Opaque") == [.keyMismatch])
    }

    @Test func `sizes are bounded before decoding`() throws {
        let long = String(repeating: "x", count: 400_000)
        #expect(
            try Fixture.codes(["tls.crt": long, "tls.key": long, "ca.crt": long]) == [
                .tooLarge, .tooLarge, .tooLarge,
            ])
        let many = String(repeating: good.leaf.pem, count: 11)
        #expect(try Fixture.codes(["tls.crt": many, "tls.key": good.keyText]) == [.tooLarge])
    }

    @Test func `all faults come in one answer, each with its fix`() throws {
        let expired = try Fixture.leaf(of: good.intermediate, good.key, from: -30, to: -2)
        let other = try PrivateKey.generate(.ed25519)
        let faults = try Fixture.faults([
            "tls.crt": good.intermediate.certificate.pem + expired.pem, "tls.key": Fixture.text(other),
            "ca.crt": Fixture().root.certificate.pem,
        ])
        #expect(Set(faults.map(\.code)).isSuperset(of: [.keyMismatch, .expired, .chainOrder]))
        #expect(faults.allSatisfy { !$0.found.isEmpty && !$0.wanted.isEmpty && !$0.fix.isEmpty })
        #expect(faults.allSatisfy { $0.object == "Secret shop/web-tls" })
        let report = FaultReport(faults)
        #expect(!report.isValid)
        for fault in faults { #expect(report.text.contains("[\(fault.code.rawValue)]")) }
    }
}
