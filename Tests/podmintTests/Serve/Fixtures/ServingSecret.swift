// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import Issuance
import JSON
import KubernetesAPI
import KubernetesClient
import OpenSSL
import Synchronization

@testable import podmint

/// Secret `podmint-serving` as an API server keeps it: its only writer, its versions, and a watch of it.
final class ServingSecret: AuthorityStore, HTTPRequesting {
    private struct State {
        var object = JSONValue.null
        var version = 1
        var watches: [AsyncStream<[UInt8]>.Continuation] = []
    }

    private let state = Mutex(State())

    /// With a serving CA that was made just now.
    init() async throws {
        _ = try await AuthoritySecret(store: self).obtain(ServingAuthorities.description)
    }

    var object: JSONValue {
        get { state.withLock { $0.object } }
        set { state.withLock { Self.set(newValue, &$0) } }
    }

    var watchers: Int { state.withLock { $0.watches.count } }

    /// As `kubectl delete` does.
    func delete() {
        state.withLock { state in
            state.version += 1
            let event: JSONValue = ["type": "DELETED", "object": state.object]
            state.object = .null
            for watch in state.watches { watch.yield(event.serialized() + [10]) }
        }
    }

    func authorities(at now: Int64 = SystemTime.now) throws -> ServingAuthorities {
        try ServingAuthorities(JSONDocument(object.serialized()).root, at: now)
    }

    func apply(_ patch: JSONPatch) throws {
        let patch = try JSONPatch(parsing: JSONValue(parsing: patch.serialized()))
        try state.withLock { Self.set(try patch.applied(to: $0.object), &$0) }
    }

    func annotate(_ value: String) {
        state.withLock { state in
            var (object, metadata) = (state.object, state.object["metadata"] ?? [:])
            metadata["annotations"] = [ServingAuthorities.requestAnnotation: .string(value)]
            object["metadata"] = metadata
            Self.set(object, &state)
        }
    }

    func mark(secret: String, namespaceUID: String) async throws(AuthorityError) {
        throw .unreachable(secret: secret, ClusterSilence("the serving CA is of no namespace"))
    }

    private static func set(_ object: JSONValue, _ state: inout State) {
        state.version += 1
        var (object, metadata) = (object, object["metadata"] ?? [:])
        metadata["resourceVersion"] = .string("\(state.version)")
        object["metadata"] = metadata
        state.object = object
        let event: JSONValue = ["type": "MODIFIED", "object": object]
        for watch in state.watches { watch.yield(event.serialized() + [10]) }
    }

    // MARK: - As a store

    func find(secret: String) async throws(AuthorityError) -> StoredAuthority? { nil }

    func create(secret: String, _ authority: borrowing StoredAuthority) async throws(AuthorityError) -> Bool {
        let key = authority.keyPEM.withBytes { Base64.encode($0.withUnsafeBytes { Array($0) }) }
        object = [
            "metadata": [
                "name": .string(secret), "namespace": "podmint-system", "uid": "u",
                "labels": [AuthoritySecret.label: .string(authority.owner ?? "")],
            ],
            "data": ["ca.crt": .string(Base64.encode(authority.certificatePEM)), "ca.key": .string(key)],
        ]
        return true
    }

    // MARK: - As an API server

    func send(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> HTTPResponse {
        if request.method == .post { return create(request.body) }
        let list: JSONValue = state.withLock { state in
            [
                "kind": "SecretList", "metadata": ["resourceVersion": .string("\(state.version)")],
                "items": state.object == .null ? [] : [state.object],
            ]
        }
        return HTTPResponse(status: 200, body: list.serialized())
    }

    private func create(_ body: [UInt8]) -> HTTPResponse {
        state.withLock { state in
            guard state.object == .null, let object = try? JSONValue(parsing: body) else {
                let status: JSONValue = ["kind": "Status", "code": 409, "reason": "AlreadyExists"]
                return HTTPResponse(status: 409, body: status.serialized())
            }
            Self.set(object, &state)
            return HTTPResponse(status: 201, body: state.object.serialized())
        }
    }

    func open(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> APIStream {
        let (pieces, feed) = AsyncStream.makeStream(of: [UInt8].self)
        state.withLock { state in
            state.watches.append(feed)
            // What changed between the list and this watch of it is told now, as a real server does.
            guard !request.target.contains("resourceVersion=\(state.version)"), state.object != .null else {
                return
            }
            let event: JSONValue = ["type": "MODIFIED", "object": state.object]
            feed.yield(event.serialized() + [10])
        }
        return APIStream(
            status: 200, next: { () throws(RequestFailure) in await pieces.first { _ in true } },
            cancel: { feed.finish() })
    }
}

/// Whether a client that trusts only these accepts who shows that identity, over a socket pair.
func accepts(_ identity: TLSIdentity, trusting anchors: [Certificate], as host: String) throws -> Bool {
    var pair: [CInt] = [0, 0]
    guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0, &pair) == 0 else {
        return false
    }
    defer { for descriptor in pair { close(descriptor) } }
    var server = try TLSSession.accepting(pair[0], with: .server(identity: identity, alpn: [.http1]))
    var client = try TLSSession.connecting(
        pair[1], with: .client(anchors: anchors, alpn: [.http1]), to: .dns(host))
    for _ in 0..<20 {
        let step: TLSSession.Step<Void>
        do { step = try client.handshake() } catch { return false }
        if case .done = step, case .done = try server.handshake() { return true }
        _ = try server.handshake()
    }
    return false
}
