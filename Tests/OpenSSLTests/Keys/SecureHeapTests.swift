// SPDX-License-Identifier: Apache-2.0
import TestPeers
import Testing

@testable import OpenSSL

/// Each in a process of its own: there is one secure heap, and it is never given back.
struct SecureHeapTests {
    @Test func `a key that finds no room is told as that, and is as good as ever afterwards`() async {
        await #expect(processExitsWith: .success) {
            let pem = try PrivateKey.generate(.rsa4096).pem()
            let junk = SecretBytes(
                copying: Array(PEM.text(label: "PRIVATE KEY", der: [0x30, 3, 2, 1, 0]).utf8).span.bytes)
            ProcessHardening.apply(heapSize: 64 * 1024)
            #expect(!SecureHeap.isFull && SecureHeap.used == 0)
            let refusal = #expect(throws: KeyError.self) { try PrivateKey(pem: junk) }
            #expect(refusal?.isOutOfMemory == false)
            let filling = FilledHeap()
            #expect(SecureHeap.isFull && SecureHeap.used > 32 * 1024)
            let failure = #expect(throws: KeyError.self) { try PrivateKey(pem: pem) }
            #expect(failure?.isOutOfMemory == true, "\(failure?.description ?? "")")
            for algorithm in KeyAlgorithm.allCases {
                let failure = #expect(throws: OpenSSLError.self) { try PrivateKey.generate(algorithm) }
                #expect(failure?.isOutOfMemory == true, "\(algorithm)")
            }
            filling.end()
            #expect(!SecureHeap.isFull)
            #expect(throws: Never.self) { try PrivateKey(pem: pem) }
        }
    }

    @Test(arguments: KeyAlgorithm.allCases)
    func `a full heap keeps nobody from writing out a key, and no random number from being made`(
        algorithm: KeyAlgorithm
    ) async {
        await #expect(processExitsWith: .success) { [name = algorithm.rawValue as String] in
            ProcessHardening.apply(heapSize: 64 * 1024)
            let key = try PrivateKey.generate(KeyAlgorithm(rawValue: name) ?? .ecdsaP256)
            let before = key.pem()
            let filling = FilledHeap()
            let isSame = key.pem().equals(before)
            #expect(isSame)
            #expect(key.withPKCS8 { $0.count } > 40)
            // Of a thread that has no generator yet.
            let bytes = await Task.detached { RandomBytes.make(16) }.value
            #expect(Set(bytes).count > 4)
            filling.end()
        }
    }

    @Test func `all CAs of one kind share one key for signatures that nobody keeps`() async {
        await #expect(processExitsWith: .success) {
            ProcessHardening.apply()
            let made = try (0..<3).map { _ in
                try CertificateIssuer.selfSigned(
                    commonName: "ca", algorithm: .rsa2048, notBefore: 1_700_000_000, notAfter: 1_900_000_000)
            }
            let before = SecureHeap.used
            let issuers = try made.map { try CertificateIssuer(certificate: $0.certificate, key: $0.key) }
            #expect(SecureHeap.used == before, "nothing is made before it is wanted")
            let leaf = try PrivateKey.generate(.ed25519)
            let template = LeafTemplate(
                names: [.dns("a.b")], notBefore: 1_750_000_000, notAfter: 1_760_000_000)
            for issuer in issuers {
                let unsigned = try issuer.prepare(template, for: leaf.publicKey)
                let rehearsal = try unsigned.rehearsed()
                let signed = try unsigned.signed()
                #expect(
                    !rehearsal.isSigned(by: issuer.certificate) && signed.isSigned(by: issuer.certificate))
                #expect(rehearsal.signatureAlgorithm.name == signed.signatureAlgorithm.name)
                #expect(SecureHeap.used < before + 2 * 1152)
            }
        }
    }
}
