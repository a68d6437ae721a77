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
}
