// SPDX-License-Identifier: Apache-2.0
package import SigningProtocol
internal import Synchronization

/// All TLSPolicies and ClusterAuthorities as podmint knows them now, for who decides: read at once, from memory.
///
/// Says nothing (nil) until both kinds have been listed once, so that nobody takes "not yet heard of" for "does not exist".
package final class PolicyCatalog: Sendable {
    private struct State {
        var isSynced = false
        var policies: [String: [String: PolicyReading<TLSPolicy>]] = [:]
        var authorities: [String: PolicyReading<ClusterAuthority>] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package var isSynced: Bool { state.withLock(\.isSynced) }

    /// Both kinds have been listed, or the cluster does not have them.
    package func markSynced() { state.withLock { $0.isSynced = true } }

    package func set(_ reading: PolicyReading<TLSPolicy>, named name: String, in namespace: String) {
        state.withLock { $0.policies[namespace, default: [:]][name] = reading }
    }

    package func removePolicy(named name: String, in namespace: String) {
        state.withLock { state in
            state.policies[namespace]?[name] = nil
            if state.policies[namespace]?.isEmpty == true { state.policies[namespace] = nil }
        }
    }

    package func set(_ reading: PolicyReading<ClusterAuthority>, named name: String) {
        state.withLock { $0.authorities[name] = reading }
    }

    package func removeAuthority(named name: String) { state.withLock { $0.authorities[name] = nil } }

    /// Of one namespace, usable or not, by name.
    package func policies(in namespace: String) -> [PolicyReading<TLSPolicy>]? {
        state.withLock { state in
            guard state.isSynced else { return nil }
            return state.policies[namespace]?.sorted { $0.key < $1.key }.map(\.value) ?? []
        }
    }

    package func policy(named name: PolicyName, in namespace: String) -> Lookup<TLSPolicy> {
        state.withLock { Lookup($0.policies[namespace]?[name.text], isSynced: $0.isSynced) }
    }

    package func clusterAuthority(named name: String) -> Lookup<ClusterAuthority> {
        state.withLock { Lookup($0.authorities[name], isSynced: $0.isSynced) }
    }

    /// Every policy there is, for controllers.
    package var allPolicies: [PolicyReading<TLSPolicy>] {
        state.withLock { $0.policies.values.flatMap(\.values) }
    }

    package enum Lookup<Value: Sendable>: Sendable {
        case notYetSynced
        case missing
        case found(PolicyReading<Value>)

        fileprivate init(_ reading: PolicyReading<Value>?, isSynced: Bool) {
            self = isSynced ? reading.map { .found($0) } ?? .missing : .notYetSynced
        }

        /// Nil also of one that is there and unusable.
        package var value: Value? { if case .found(let reading) = self { reading.value } else { nil } }
    }
}
