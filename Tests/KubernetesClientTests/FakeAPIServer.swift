// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import Synchronization

@testable import KubernetesClient

/// An API server of a few answers, in order; after the last it holds every watch open and refuses the rest.
final class FakeAPIServer: HTTPRequesting {
    enum Answer {
        case json(Int, JSONValue, retryAfter: String? = nil)
        case text(Int, String)
        case failure(RequestFailure)
        /// A watch's pieces, then its end.
        case watch([String])
        /// A watch's pieces, then silence until somebody cancels.
        case openWatch([String])
    }

    private struct State {
        var answers: [Answer]
        var requests: [APIRequest] = []
    }

    private let state: Mutex<State>

    init(_ answers: [Answer]) { state = Mutex(State(answers: answers)) }

    var requests: [APIRequest] { state.withLock { $0.requests } }
    var targets: [String] { requests.map(\.target) }

    private func take(_ request: APIRequest) -> Answer? {
        state.withLock { state in
            state.requests.append(request)
            return state.answers.isEmpty ? nil : state.answers.removeFirst()
        }
    }

    func send(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> HTTPResponse {
        switch take(request) {
        case .json(let status, let body, let retryAfter):
            HTTPResponse(
                status: status, fields: retryAfter.map { [("Retry-After", $0)] } ?? [],
                body: body.serialized())
        case .text(let status, let body): HTTPResponse(status: status, body: Array(body.utf8))
        case .failure(let failure): throw failure
        case nil: throw .unreachable("the script is over")
        default: HTTPResponse(status: 500)
        }
    }

    func open(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> APIStream {
        let (pieces, feed) = AsyncStream.makeStream(of: [UInt8].self)
        var status = 200
        var retryAfter: String?
        switch take(request) {
        case .watch(let texts):
            for text in texts { feed.yield(Array(text.utf8)) }
            feed.finish()
        case .openWatch(let texts): for text in texts { feed.yield(Array(text.utf8)) }
        case .json(let code, let body, let later):
            (status, retryAfter) = (code, later)
            feed.yield(body.serialized())
            feed.finish()
        case .failure(let failure): throw failure
        case .text(let code, _):
            status = code
            feed.finish()
        case nil: break
        }
        return APIStream(
            status: status, retryAfter: retryAfter,
            next: { () throws(RequestFailure) in await pieces.first { _ in true } },
            cancel: { feed.finish() })
    }
}

/// A clock that stands still: short waits pass at once and are written down, long ones last until cancelled.
final class ManualClock: Sendable {
    private struct State {
        var now = Duration.zero
        var waits: [Duration] = []
    }

    private let state = Mutex(State())
    private let longest: Duration

    init(passing longest: Duration = .seconds(100)) { self.longest = longest }

    var waits: [Duration] { state.withLock { $0.waits } }
    func advance(_ duration: Duration) { state.withLock { $0.now += duration } }

    var clock: WaitingClock {
        WaitingClock(
            now: { self.state.withLock { $0.now } },
            sleep: { duration in
                guard duration <= self.longest else {
                    let (never, end) = AsyncStream.makeStream(of: Never.self)
                    _ = end
                    for await _ in never {}
                    throw CancellationError()
                }
                try Task.checkCancellation()
                self.state.withLock {
                    $0.now += duration
                    $0.waits.append(duration)
                }
            })
    }
}

extension JSONValue {
    static func object(_ name: String, _ version: Int, in namespace: String = "default") -> JSONValue {
        [
            "metadata": [
                "name": .string(name), "namespace": .string(namespace),
                "resourceVersion": .string("\(version)"),
            ]
        ]
    }

    static func list(_ version: Int, _ items: [JSONValue], continuing token: String = "") -> JSONValue {
        [
            "kind": "List",
            "metadata": ["resourceVersion": .string("\(version)"), "continue": .string(token)],
            "items": .array(items),
        ]
    }

    static func status(_ code: Int, _ reason: String, _ message: String = "no") -> JSONValue {
        [
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": .integer(Int64(code)),
            "reason": .string(reason),
            "message": .string(message),
        ]
    }
}

extension String {
    /// One line of a watch.
    static func event(_ type: String, _ object: JSONValue) -> String {
        (["type": .string(type), "object": object] as JSONValue).text + "\n"
    }
}
