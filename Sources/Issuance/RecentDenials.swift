// SPDX-License-Identifier: Apache-2.0
package import SigningProtocol
internal import Synchronization

/// What policy and annotations ask for and pods were denied under each policy, for its condition: one denial a policy, the
/// first, until that pod gets a certificate or has not asked for a while. One that stands is not replaced by the next pod's, so that a
/// thousand pods with the same wish are one change of a status.
///
/// Of what this replica decided. Agents ask again within ten minutes, of any replica.
package final class RecentDenials: Sendable {
    package struct Denial: Hashable, Sendable {
        package let pod: String
        package let code: Refusal.Code
        package let message: String
        package let hint: String
    }

    private struct Key: Hashable {
        let namespace: String
        let policy: PolicyName
    }

    private struct Entry {
        let podUID: String
        let denial: Denial
        var lastAt: Int64
    }

    /// Three times what an agent waits at the most.
    static let lifetime: Int64 = 1800
    /// At some 2 kB each.
    static let limit = 1000
    /// Names and the rules against them; a condition is read by people.
    private static let longestMessage = 1000

    private let clock: IssuanceClock
    private let entries = Mutex<[Key: Entry]>([:])

    package init(clock: IssuanceClock = .system) { self.clock = clock }

    func note(_ refusal: Refusal, of request: CheckedRequest) {
        guard refusal.isOfWish else { return }
        let now = clock.now()
        let (key, caller) = (Self.key(request), request.caller)
        let denial = Denial(
            pod: caller.podName, code: refusal.code,
            message: String(refusal.message.prefix(Self.longestMessage)), hint: refusal.hint)
        entries.withLock { entries in
            if let known = entries[key], known.podUID != caller.podUID, Self.stands(known, now) { return }
            if entries[key] == nil, entries.count >= Self.limit {
                entries = entries.filter { Self.stands($0.value, now) }
                guard entries.count < Self.limit else { return }
            }
            entries[key] = Entry(podUID: caller.podUID, denial: denial, lastAt: now)
        }
    }

    func forget(_ request: CheckedRequest) {
        let key = Self.key(request)
        entries.withLock { entries in
            if entries[key]?.podUID == request.caller.podUID { entries[key] = nil }
        }
    }

    /// Nil where nobody is denied anything now.
    package func denial(under policy: PolicyName, in namespace: String) -> Denial? {
        let now = clock.now()
        return entries.withLock { entries in
            let key = Key(namespace: namespace, policy: policy)
            guard let entry = entries[key] else { return nil }
            guard Self.stands(entry, now) else {
                entries[key] = nil
                return nil
            }
            return entry.denial
        }
    }

    private static func key(_ request: CheckedRequest) -> Key {
        Key(namespace: request.caller.namespace, policy: request.policy)
    }

    private static func stands(_ entry: Entry, _ now: Int64) -> Bool { now - entry.lastAt < lifetime }
}
