// SPDX-License-Identifier: Apache-2.0
import TestPeers
import Testing

@testable import OpenSSL

/// Decoders are used again and again, for whatever key comes next.
struct PublicKeyDecoderTests {
    static let kinds: [(String, [String])] = [
        ("ECDSA P-256", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ("ECDSA P-521", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
        ("RSA-2048", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
        ("ED448", ["-algorithm", "ED448"]),
        ("Ed25519", ["-algorithm", "ED25519"]),
        ("RSA-3072", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]),
    ]

    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func certificate(_ options: [String]) throws -> [UInt8] {
        try ForeignProgram.openSSL.run(["genpkey"] + options + ["-out", "key"], in: folder)
        return Array(
            try ForeignProgram.openSSL.run(
                ["req", "-x509", "-key", "key", "-subj", "/CN=x", "-outform", "DER"], in: folder))
    }

    @Test func `keys of all kinds are read in turn, and sign for whom openssl says`() throws {
        let certificates = try Self.kinds.map { try certificate($0.1) }
        for _ in 0..<3 {
            for ((name, _), der) in zip(Self.kinds, certificates) {
                let certificate = try Certificate(der: der)
                #expect(certificate.publicKey.kind.description == name)
                #expect(certificate.isSelfSigned)
                #expect(certificate.der == der)
            }
            let first = try Certificate(der: certificates[0])
            #expect(try !first.isSigned(by: Certificate(der: certificates[2])))
        }
    }

    @Test(arguments: kinds.map(\.1)) func `what is parsed in whole reads the same`(options: [String]) throws {
        let der = try certificate(options)
        let (lean, whole) = (try Certificate(der: der), try Certificate(der: der.span.bytes, in: nil))
        #expect(whole == lean && whole.publicKey.equals(lean.publicKey))
        #expect(whole.publicKey.kind == lean.publicKey.kind && whole.publicKey.bits == lean.publicKey.bits)
        #expect(whole.isSelfSigned && whole.isSigned(by: lean) && lean.isSigned(by: whole))
        #expect(whole.isCA == lean.isCA && whole.subjectKeyIdentifier == lean.subjectKeyIdentifier)
    }

    @Test func `a key that is none is refused, and the next one read`() throws {
        let der = try certificate(Self.kinds[0].1)
        let bits = try Certificate(der: der).publicKey.bits
        let start = try #require((0..<der.count).first { Array(der[$0...].prefix(bits.count)) == bits })
        var broken = der
        // Not on the curve any more.
        broken[start + 40] ^= 1
        for _ in 0..<6 {
            #expect(throws: OpenSSLError.self) { try Certificate(der: broken) }
            #expect(try Certificate(der: der).isSelfSigned)
        }
    }

    @Test func `many threads read at once`() async throws {
        let certificates = try Self.kinds.map { try certificate($0.1) }
        await withTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<60).count { round in
                        let der = certificates[(task + round) % certificates.count]
                        return (try? Certificate(der: der))?.isSelfSigned == true
                    }
                }
            }
            for await good in group { #expect(good == 60) }
        }
    }
}
