// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Validation

struct EncodingCheckTests {
    @Test(arguments: [
        ("01", true), ("7f" + String(repeating: "ff", count: 19), true), ("00", false), ("0", false),
        ("-05", false),
        ("80" + String(repeating: "00", count: 19), false), (String(repeating: "11", count: 21), false),
    ])
    func `serial numbers are positive and have 20 bytes at most, sign included`(hex: String, isGood: Bool) {
        #expect((Check.defect(ofSerial: hex) == nil) == isGood)
    }

    @Test(arguments: ["0", "-77", "0x" + String(repeating: "77", count: 21)])
    func `odd serial numbers are told`(serial: String) throws {
        let leaf = try ForeignAuthority().issue([ForeignAuthority.leafNames], serial: serial)
        #expect(try ForeignAuthority.faults(leaf).map(\.code) == [.malformedCertificate])
    }

    @Test func `version 1 is told`() throws {
        let leaf = try ForeignAuthority().issue([])
        let faults = try ForeignAuthority.faults(leaf)
        #expect(faults.map(\.code) == [.malformedCertificate, .commonNameOnly])
        #expect(faults[0].found.contains("version 1"))
    }

    @Test func `a path length on what is no CA is told`() throws {
        let leaf = try ForeignAuthority().issue([
            ForeignAuthority.leafNames, "basicConstraints=CA:FALSE,pathlen:3",
        ])
        #expect(try ForeignAuthority.faults(leaf).map(\.code) == [.malformedCertificate])
    }

    @Test(
        arguments: [
            (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], []),
            (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2047"], [.weakKey]),
            (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2051"], [.weakKey]),
            (
                ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:3"],
                [.weakKey]
            ),
            (
                [
                    "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt",
                    "rsa_keygen_pubexp:18446744073709551617",
                ], [.weakKey]
            ),
            (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:sect283r1"], [.weakKey]),
            (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"], []),
            (["-algorithm", "ED448"], []),
            (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"], []),
            (
                [
                    "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt",
                    "ec_param_enc:explicit",
                ], [.weakKey]
            ),
        ] as [([String], [FaultCode])])
    func `odd keys are told`(key: [String], expected: [FaultCode]) throws {
        let leaf = try ForeignAuthority().issue([ForeignAuthority.leafNames], key: key)
        #expect(try ForeignAuthority.faults(leaf).map(\.code) == expected)
    }
}
