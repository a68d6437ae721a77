// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import KubernetesClient
import Synchronization

/// TLSPolicies as an API server keeps them: a list, a watch, and patches of their status that are bound to a version.
final class PolicyServer: HTTPRequesting {
    private struct State {
        var policies: [String: JSONValue] = [:]
        var version = 1
        var watches: [AsyncStream<[UInt8]>.Continuation] = []
        var isMute = false
        var patches = 0
    }

    private let state = Mutex(State())

    /// How many patches of a status came in, taken or not.
    var patches: Int { state.withLock { $0.patches } }

    /// Whether watches hear of nothing, as when a leader is cut off.
    var isMute: Bool {
        get { state.withLock { $0.isMute } }
        set { state.withLock { $0.isMute = newValue } }
    }

    func policy(_ name: String) -> JSONValue? { state.withLock { $0.policies[name] } }

    func apply(_ name: String, spec: JSONValue, deletionTimestamp: String? = nil) {
        state.withLock { state in
            var policy = state.policies[name] ?? [:]
            let generation = policy.at("metadata", "generation")?.integer ?? 0
            policy["metadata"] = [
                "name": .string(name), "namespace": "shop", "uid": .string("uid-\(name)"),
                "generation": .integer(generation + 1),
            ]
            if let deletionTimestamp { policy["metadata"]?["deletionTimestamp"] = .string(deletionTimestamp) }
            policy["spec"] = spec
            Self.store(policy, name, &state)
        }
    }

    func remove(_ name: String) { state.withLock { $0.policies[name] = nil } }

    private static func store(_ policy: JSONValue, _ name: String, _ state: inout State) {
        state.version += 1
        var policy = policy
        policy["metadata"]?["resourceVersion"] = .string("\(state.version)")
        let isNew = state.policies.updateValue(policy, forKey: name) == nil
        guard !state.isMute else { return }
        let event: JSONValue = ["type": isNew ? "ADDED" : "MODIFIED", "object": policy]
        for watch in state.watches { watch.yield(event.serialized() + [10]) }
    }

    // MARK: - As an API server

    func send(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> HTTPResponse {
        state.withLock { state in
            guard request.method != .patch else { return Self.patch(request, &state) }
            let isOurs = request.target.contains("/tlspolicies")
            let list: JSONValue = [
                "kind": "List", "metadata": ["resourceVersion": .string("\(state.version)")],
                "items": .array(isOurs ? Array(state.policies.values) : []),
            ]
            return HTTPResponse(status: 200, body: list.serialized())
        }
    }

    private static func patch(_ request: APIRequest, _ state: inout State) -> HTTPResponse {
        state.patches += 1
        let parts = request.target.split(separator: "?")[0].split(separator: "/")
        guard parts.last == "status", let name = parts.dropLast().last.map(String.init),
            var policy = state.policies[name], let patch = try? JSONValue(parsing: request.body)
        else { return failure(404, "NotFound") }
        guard patch.at("metadata", "resourceVersion") == policy.at("metadata", "resourceVersion") else {
            return failure(409, "Conflict")
        }
        var status = policy["status"]?.object ?? [:]
        for (key, value) in patch["status"]?.object ?? [:] { status[key] = value.isNull ? nil : value }
        policy["status"] = .object(status)
        store(policy, name, &state)
        return HTTPResponse(status: 200, body: policy.serialized())
    }

    private static func failure(_ code: Int64, _ reason: String) -> HTTPResponse {
        let status: JSONValue = [
            "kind": "Status", "status": "Failure", "code": .integer(code), "reason": .string(reason),
        ]
        return HTTPResponse(status: Int(code), body: status.serialized())
    }

    func open(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> APIStream {
        let (pieces, feed) = AsyncStream.makeStream(of: [UInt8].self)
        state.withLock { state in
            guard request.target.contains("/tlspolicies") else { return }
            if !state.isMute { Self.replay(request, state, to: feed) }
            state.watches.append(feed)
        }
        return APIStream(
            status: 200, next: { () throws(RequestFailure) in await pieces.first { _ in true } },
            cancel: { feed.finish() })
    }

    /// What happened between the list and its watch.
    private static func replay(
        _ request: APIRequest, _ state: State, to feed: AsyncStream<[UInt8]>.Continuation
    ) {
        let field = request.target.split { "?&".contains($0) }.first { $0.hasPrefix("resourceVersion=") }
        let since = field.flatMap { Int($0.dropFirst("resourceVersion=".count)) } ?? state.version
        for policy in state.policies.values {
            let version = policy.at("metadata", "resourceVersion")?.string.flatMap { Int($0) } ?? 0
            guard version > since else { continue }
            let event: JSONValue = ["type": "MODIFIED", "object": policy]
            feed.yield(event.serialized() + [10])
        }
    }
}
