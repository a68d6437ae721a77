// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import Synchronization

/// Who asked for which right, and whether RBAC gave it: read by the admin at `/sandbox/access`, so that a suite can tell
/// which grants nobody uses and what was refused.
final class AccessRecord: Sendable {
    private struct Use: Hashable {
        let username: String
        let request: AccessRequest
        let isAllowed: Bool
    }

    private struct State {
        var counts: [Use: Int64] = [:]
        var isTruncated = false
    }

    private let state = Mutex(State())
    /// One for each object that was asked for by name; some 200 B each.
    private static let limit = 100_000

    func note(_ identity: Identity, _ request: AccessRequest, isAllowed: Bool) {
        // Nothing is learnt about grants from who needs none.
        guard !identity.isAllPowerful else { return }
        let use = Use(username: identity.username, request: request, isAllowed: isAllowed)
        state.withLock { state in
            guard state.counts[use] != nil || state.counts.count < Self.limit else {
                state.isTruncated = true
                return
            }
            state.counts[use, default: 0] += 1
        }
    }

    func clear() { state.withLock { $0 = State() } }

    /// `{"uses": [{"user", "verb", "group", "resource", "namespace", "name", "path", "allowed", "count"}], "truncated": false}`.
    var value: JSONValue {
        let (counts, isTruncated) = state.withLock { ($0.counts, $0.isTruncated) }
        return [
            "kind": "AccessRecord", "apiVersion": "sandbox.podmint.dev/v1",
            "uses": .array(counts.map { Self.value($0, $1) }), "truncated": .bool(isTruncated),
        ]
    }

    private static func value(_ use: Use, _ count: Int64) -> JSONValue {
        [
            "user": .string(use.username), "verb": .string(use.request.verb),
            "group": .string(use.request.group), "resource": .string(use.request.qualifiedResource),
            "namespace": .string(use.request.namespace), "name": .string(use.request.name),
            "path": .string(use.request.path ?? ""), "allowed": .bool(use.isAllowed),
            "count": .integer(count),
        ]
    }
}
