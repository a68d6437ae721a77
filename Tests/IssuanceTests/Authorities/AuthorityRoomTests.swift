// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Policies
import Synchronization
import Testing

@testable import Issuance

/// In a process of its own: there is one secure heap, and `serve` has it from the start.
struct AuthorityRoomTests {
    @Test func `tenants' CAs leave TLS its room, however many there are, and each still signs`() async {
        await #expect(processExitsWith: .success) {
            ProcessHardening.apply()
            let (secrets, time) = (InMemoryAuthorities(), TestClock())
            let registry = AuthorityRegistry(
                own: AuthoritySecret(store: secrets, clock: time.clock), users: secrets, replicas: secrets,
                replica: "a", keys: KeyLedger(), clock: time.clock)
            let made = try CertificateIssuer.selfSigned(
                commonName: "large", algorithm: .rsa4096, notBefore: TestClock.start - 60,
                notAfter: TestClock.start + 86_400)
            // 2.5 MB of numbers, which is more than the heap.
            for number in 0..<1400 {
                let namespace = "n\(number / 90)"
                secrets.addCA("ca-\(number)", in: namespace, made)
                let plan = AuthorityPlan(
                    name: "\(namespace).p\(number)",
                    source: .secret(namespace: namespace, name: "ca-\(number)"),
                    namespace: namespace)
                let authority = try await registry.authority(for: plan)
                #expect(authority.certificate == made.certificate)
                secrets.contents.withLock { $0.users = [:] }
            }
            #expect(!SecureHeap.isFull)
            #expect(SecureHeap.used < ProcessHardening.heapSize - ProcessHardening.reserve + 32 * 1024)
            #expect(throws: Never.self) { try PrivateKey.generate(.ed25519) }
            let own = try await registry.authority(for: .standard)
            #expect(own.certificate.isCA)
        }
    }
}
