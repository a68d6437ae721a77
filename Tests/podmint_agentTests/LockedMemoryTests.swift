// SPDX-License-Identifier: Apache-2.0
import Glibc
import OpenSSL
import SigningProtocol
import Testing

@testable import podmint_agent

/// What the agent's own locked memory is enough for; each in a process of its own, since there is one such memory.
struct LockedMemoryTests {
    @Test(arguments: [KeyAlgorithm.rsa3072, .rsa4096])
    func `a large key, the longest chain and a bundle of 16 kB are read back and replaced`(
        algorithm: KeyAlgorithm
    ) async {
        await #expect(processExitsWith: .success) { [name = algorithm.rawValue as String] in
            ProcessHardening.apply(heapSize: Main.secureHeap)
            let (folder, now) = (TemporaryFolder(), Int64(1_800_000_000))
            let publisher = Publisher(path: folder.path, mode: .worldReadable)
            let algorithm = KeyAlgorithm(rawValue: name) ?? .rsa4096
            for nonce in 1...2 as ClosedRange<UInt32> {
                let set = try LongSet.make(algorithm, at: now)
                #expect(set.chain.count == 9 && set.chainPEM.utf8.count > 4096)
                #expect(set.bundlePEM.utf8.count > 16 * 1024)
                try publisher.publish(set, at: now, nonce: nonce)
                // Both keys are there while one replaces the other.
                let next = try PrivateKey.generate(algorithm)
                let read = try PublishedState.read(folder.path)
                #expect(read.chain == set.chain && read.bundle == set.bundle)
                #expect(read.key.matches(set.leaf) && !next.matches(set.leaf))
            }
            #expect(!SecureHeap.isFull)
        }
    }

    @Test func `a key that finds no room is not taken for a broken one`() async {
        await #expect(processExitsWith: .success) {
            let (folder, now) = (TemporaryFolder(), Int64(1_800_000_000))
            let set = try LongSet.make(.rsa4096, at: now)
            try Publisher(path: folder.path, mode: .worldReadable).publish(set, at: now, nonce: 1)
            ProcessHardening.apply(heapSize: 16 * 1024)
            // What is left is too little for the key's numbers.
            var taken: [SecretBytesBox] = []
            for size in [8192, 4096, 2048, 1024, 512, 256, 128, 64, 32] {
                while let box = SecretBytesBox(size) { taken.append(box) }
            }
            let fault = #expect(throws: SetFault.self) { try PublishedState.read(folder.path) }
            #expect(fault == .noRoom("tls.key"), "\(String(describing: fault))")
            let clock = VirtualClock(wall: now)
            var lines: [String] = []
            let source = ScriptedSource { _, _ in throw AgentFailure(.refused, "nobody should ask") }
            let configuration = try AgentConfiguration(
                environment: [
                    "PODMINT_SERVER": "https://podmint", "PODMINT_TRUST": "-",
                    "PODMINT_DIRECTORY": folder.path, "PODMINT_DURATION": "1h",
                    "PODMINT_POD_NAME": "web-0", "PODMINT_POD_NAMESPACE": "shop",
                ])
            var agent = Agent(
                clock: clock.clock,
                keepers: configuration.certificates.map { settings in
                    CertificateKeeper(
                        settings, podText: configuration.podText, clock: clock.clock, source: source,
                        publisher: Publisher(path: settings.directory, mode: .worldReadable),
                        log: AgentLog { lines.append($0) }, random: SystemRandomNumberGenerator())
                })
            clock.onPause = { clock in
                if clock.pauses.count == 3 { taken = [] }
                return clock.pauses.count < 6
            }
            agent.run(.renewals)
            #expect(source.reasons.isEmpty)
            #expect(
                lines.first?.contains("the certificate stays as it is; there is no locked memory left")
                    == true)
            #expect(lines.last?.contains("keeping certificate") == true, "\(lines)")
            #expect(try PublishedState.read(folder.path).leaf == set.leaf)
        }
    }
}

/// Takes a piece of the locked memory; nil when there is none of that size.
private final class SecretBytesBox {
    private let bytes: SecretBytes

    init?(_ size: Int) {
        let before = SecureHeap.used
        bytes = SecretBytes(capacity: size) { _ in 0 }
        guard SecureHeap.used > before else { return nil }
    }
}

/// As many intermediates as a verifier goes up, and a bundle of 16 kB.
private enum LongSet {
    static func make(_ algorithm: KeyAlgorithm, at now: Int64) throws -> CertificateSet {
        var authority = try TestAuthority()
        let root = authority.certificate
        var above: [Certificate] = []
        for depth in 1...8 {
            authority = try authority.intermediate(name: "\(depth)")
            above.insert(authority.certificate, at: 0)
        }
        let key = try PrivateKey.generate(algorithm)
        let leaf = try authority.issue(for: key.publicKey, at: now)
        let roots = try (0..<30).map { try TestAuthority(name: "root \($0)").certificate }
        return try CertificateSet(key: key, chain: [leaf] + above, bundle: [root] + roots)
    }
}
