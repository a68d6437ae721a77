// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Policies
import Testing

@testable import Issuance

/// What suites about the registry share: Secrets in memory, a clock, and registries of both.
protocol RegistryTesting {
    var secrets: InMemoryAuthorities { get }
    var time: TestClock { get }
}

extension RegistryTesting {
    func registry(kek: UInt8? = nil, replica: String = "a") throws -> AuthorityRegistry {
        let key = try kek.map {
            try KeyEncryptionKey(reading: SecretBytes(copying: [UInt8](repeating: $0, count: 32).span.bytes))
        }
        return AuthorityRegistry(
            own: AuthoritySecret(store: secrets, keyEncryptionKey: key, clock: time.clock), users: secrets,
            replicas: secrets, replica: replica, keys: KeyLedger(), clock: time.clock)
    }

    func own(
        _ name: String, _ storage: SelfSignedAuthority.KeyStorage = .secret
    ) -> AuthorityPlan { .own(name, lifetime: 86_400, keyStorage: storage) }

    func failure(
        _ registry: AuthorityRegistry, _ plan: AuthorityPlan
    ) async -> AuthorityError? {
        do throws(AuthorityError) { _ = try await registry.authority(for: plan) } catch { return error }
        return nil
    }

    func holding(
        _ room: KeyRoom = KeyRoom { false }, keys: KeyLedger = KeyLedger(),
        most: (inAll: Int, inMemory: Int) = (2000, 1000),
        isPlanned: @escaping @Sendable (String) -> Bool = { _ in true },
        noteEnds: @escaping @Sendable (AuthorityEnds) -> Void = { _ in }
    ) -> AuthorityRegistry {
        AuthorityRegistry(
            own: AuthoritySecret(store: secrets, clock: time.clock), users: secrets, replicas: secrets,
            replica: "a", keys: keys, room: room, most: most, isPlanned: isPlanned, clock: time.clock,
            noteEnds: noteEnds)
    }

    func own(
        _ policy: Int, of namespace: String, _ storage: SelfSignedAuthority.KeyStorage = .secret
    ) -> AuthorityPlan {
        .own("\(namespace).p\(policy)", lifetime: 86_400, keyStorage: storage, namespace: namespace)
    }
}
