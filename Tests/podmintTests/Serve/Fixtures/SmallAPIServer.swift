// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import KubernetesAPI
import KubernetesClient
import Synchronization

/// An API server that keeps what it is given: lists, watches, JSON patches and applies, and a no where a test wants one.
final class SmallAPIServer: HTTPRequesting {
    /// Where an object is: `configmaps`, its namespace if it has one, its name.
    struct Place: Hashable {
        let resource: String
        var namespace = ""
        let name: String
    }

    private struct State {
        var objects: [Place: JSONValue] = [:]
        var version = 1
        var watches: [(resource: String, feed: AsyncStream<[UInt8]>.Continuation)] = []
        var refusals: [Place: Int] = [:]
        /// Lists of these wait.
        var silent: Set<String> = []
        var writes: [Place] = []
    }

    private let state = Mutex(State())

    /// Every try to write, the refused ones too.
    var writes: [Place] { state.withLock { $0.writes } }

    subscript(place: Place) -> JSONValue? {
        get { state.withLock { $0.objects[place] } }
        set { state.withLock { Self.set(newValue, at: place, &$0) } }
    }

    /// Answers every write of that with this status; nil: no longer.
    func refuse(_ place: Place, with status: Int?) { state.withLock { $0.refusals[place] = status } }

    func silence(_ resource: String, _ isSilent: Bool = true) {
        state.withLock { state in
            if isSilent { state.silent.insert(resource) } else { state.silent.remove(resource) }
        }
    }

    private static func set(_ object: JSONValue?, at place: Place, _ state: inout State) {
        state.version += 1
        let former = state.objects[place]
        var told = object ?? former ?? [:]
        var metadata = told["metadata"] ?? [:]
        metadata["name"] = .string(place.name)
        metadata["uid"] = .string("uid of \(place.name)")
        if !place.namespace.isEmpty { metadata["namespace"] = .string(place.namespace) }
        metadata["resourceVersion"] = .string("\(state.version)")
        told["metadata"] = metadata
        state.objects[place] = object == nil ? nil : told
        let type: JSONValue = object == nil ? "DELETED" : former == nil ? "ADDED" : "MODIFIED"
        let event: JSONValue = ["type": type, "object": told]
        for watch in state.watches where watch.resource == place.resource {
            watch.feed.yield(event.serialized() + [10])
        }
    }

    func send(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> HTTPResponse {
        let parts = request.target.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        guard request.method == .patch else {
            return try list(parts.last ?? "")
        }
        let namespace = parts.firstIndex(of: "namespaces").map { parts[$0 + 1] } ?? ""
        let place = Place(
            resource: parts[parts.count - 2], namespace: namespace, name: parts[parts.count - 1])
        let isApply = request.fields.contains { $0.1.contains("apply-patch") }
        return state.withLock { state in
            state.writes.append(place)
            if let status = state.refusals[place] { return Self.no(status) }
            guard let body = try? JSONValue(parsing: request.body) else { return Self.no(400) }
            if isApply {
                Self.set(body, at: place, &state)
            } else {
                guard let object = state.objects[place] else { return Self.no(404) }
                // As an API server answers a `test` that fails.
                guard let changed = try? JSONPatch(parsing: body).applied(to: object) else {
                    return Self.no(422)
                }
                Self.set(changed, at: place, &state)
            }
            return HTTPResponse(status: 200, body: (state.objects[place] ?? [:]).serialized())
        }
    }

    private func list(_ resource: String) throws(RequestFailure) -> HTTPResponse {
        let answer: JSONValue? = state.withLock { state in
            guard !state.silent.contains(resource) else { return nil }
            return [
                "kind": "List", "metadata": ["resourceVersion": .string("\(state.version)")],
                "items": .array(state.objects.filter { $0.key.resource == resource }.map(\.value)),
            ]
        }
        guard let answer else { throw .unreachable("silent") }
        return HTTPResponse(status: 200, body: answer.serialized())
    }

    private static func no(_ code: Int) -> HTTPResponse {
        let status: JSONValue = [
            "kind": "Status", "code": .integer(Int64(code)), "message": "no", "reason": "Test",
        ]
        return HTTPResponse(status: code, body: status.serialized())
    }

    func open(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> APIStream {
        let resource = request.target.prefix { $0 != "?" }.split(separator: "/").last.map(String.init) ?? ""
        let (pieces, feed) = AsyncStream.makeStream(of: [UInt8].self)
        state.withLock { state in
            state.watches.append((resource, feed))
            // What changed since the list is told again: twice is once.
            for (place, object) in state.objects where place.resource == resource {
                let event: JSONValue = ["type": "MODIFIED", "object": object]
                feed.yield(event.serialized() + [10])
            }
        }
        return APIStream(
            status: 200, next: { () throws(RequestFailure) in await pieces.first { _ in true } },
            cancel: { feed.finish() })
    }
}

/// Returns when that is so; the suite's time limit is the test's.
func eventually(_ isSo: () -> Bool) async throws {
    while !isSo() { try await Task.sleep(for: .milliseconds(2)) }
}
