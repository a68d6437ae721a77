// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import KubernetesAPI
import Synchronization
import Testing

@testable import KubernetesClient

/// One Lease behind the API's paths, with its versions; can be unreachable.
private final class LeaseServer: HTTPRequesting {
    struct State {
        var lease: JSONValue?
        var version = 0
        var isDown = false
    }

    let state = Mutex(State())

    func send(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> HTTPResponse {
        let answer: (Int, JSONValue)? = state.withLock { state in
            guard !state.isDown else { return nil }
            switch request.method {
            case .get: return state.lease.map { (200, $0) } ?? (404, .status(404, "NotFound"))
            case .post:
                guard state.lease == nil else { return (409, .status(409, "AlreadyExists")) }
                return (201, store(request.body, &state))
            default:
                let body = try? JSONValue(parsing: request.body)
                guard let stored = state.lease,
                    body?.at("metadata", "resourceVersion") == stored.at("metadata", "resourceVersion")
                else { return (409, .status(409, "Conflict")) }
                return (200, store(request.body, &state))
            }
        }
        guard let answer else { throw .unreachable("down") }
        return HTTPResponse(status: answer.0, body: answer.1.serialized())
    }

    private func store(_ body: [UInt8], _ state: inout State) -> JSONValue {
        state.version += 1
        var lease = (try? JSONValue(parsing: body)) ?? .null
        var metadata = lease["metadata"] ?? [:]
        metadata["resourceVersion"] = .string("\(state.version)")
        metadata["uid"] = "u"
        lease["metadata"] = metadata
        state.lease = lease
        return lease
    }

    func open(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> APIStream {
        throw .unreachable("there are no watches here")
    }

    var holder: String? { state.withLock { $0.lease.flatMap { Lease($0).holder } } }
}

@Suite(.timeLimit(.minutes(1))) struct LeadershipTests {
    private let server = LeaseServer()
    private let lines: AsyncStream<String>
    private let log: AsyncStream<String>.Continuation

    init() { (lines, log) = AsyncStream.makeStream() }

    private func candidate(_ name: String, clock: WaitingClock) -> Leadership {
        Leadership(
            client: APIClient(transport: server), namespace: "n", candidate: name, clock: clock,
            calendar: { MicroTime(microsecondsSinceEpoch: 0) },
            onChange: { [log] change in
                switch change {
                case .gained: log.yield("\(name) gained")
                case .lost: log.yield("\(name) lost")
                case .released: log.yield("\(name) released")
                case .follows(let holder): log.yield("\(name) follows \(holder)")
                case .failed: log.yield("\(name) failed")
                }
            })
    }

    /// Runs duties that say when they begin and end.
    private func start(_ leadership: Leadership, _ name: String) -> Task<Void, Never> {
        Task { [log] in
            await leadership.run {
                log.yield("\(name) works")
                try? await Task.sleep(for: .seconds(3600))
                log.yield("\(name) rests")
            }
        }
    }

    @Test func `who resigns leaves the Lease to the next, after its duties have ended`() async {
        var seen = lines.makeAsyncIterator()
        let first = candidate("a", clock: .system)
        #expect(!first.isLeading)
        let run = start(first, "a")
        #expect(await seen.next() == "a gained")
        #expect(await seen.next() == "a works")
        #expect(first.isLeading && server.holder == "a")
        // Without waiting for anything: this clock would have the other wait for ever.
        await first.resign()
        #expect(server.holder == nil && !first.isLeading)
        #expect(await seen.next() == "a rests")
        #expect(await seen.next() == "a released")
        await run.value
        let second = candidate("b", clock: .system)
        let other = start(second, "b")
        #expect(await seen.next() == "b gained")
        other.cancel()
        await other.value
        #expect(server.holder == nil)
    }

    @Test func `a leader that is cut off stops its duties, and leads again when it can`() async {
        var seen = lines.makeAsyncIterator()
        let clock = ManualClock()
        let run = start(candidate("a", clock: clock.clock), "a")
        #expect(await seen.next() == "a gained")
        #expect(await seen.next() == "a works")
        server.state.withLock { $0.isDown = true }
        #expect(await seen.next() == "a failed")
        #expect(await seen.next() == "a lost")
        #expect(await seen.next() == "a rests")
        server.state.withLock { $0.isDown = false }
        #expect(await seen.next(where: { $0 == "a gained" }) != nil)
        run.cancel()
        await run.value
    }

    @Test func `who has lost the Lease leads no more while its duties still end`() async {
        var seen = lines.makeAsyncIterator()
        let leadership = candidate("a", clock: ManualClock().clock)
        let (duties, end) = AsyncStream.makeStream(of: Never.self)
        let run = Task { [log] in
            await leadership.run {
                log.yield("a works")
                // Out of reach of a cancellation, as a request on its way is.
                await Task { for await _ in duties {} }.value
                log.yield("a rests")
            }
        }
        #expect(await seen.next(where: { $0 == "a works" }) != nil)
        #expect(leadership.isLeading)
        server.state.withLock { $0.isDown = true }
        #expect(await seen.next(where: { $0 == "a lost" }) != nil)
        #expect(!leadership.isLeading)
        end.finish()
        #expect(await seen.next(where: { $0 == "a rests" }) != nil)
        run.cancel()
        await run.value
    }

    @Test func `who follows says whom, and takes over from who is gone`() async {
        var seen = lines.makeAsyncIterator()
        server.state.withLock { state in
            state.lease = [
                "metadata": ["name": "podmint", "uid": "u", "resourceVersion": "0"],
                "spec": ["holderIdentity": "gone", "leaseDurationSeconds": 15],
            ]
        }
        let clock = ManualClock()
        let run = start(candidate("a", clock: clock.clock), "a")
        #expect(await seen.next() == "a follows gone")
        #expect(await seen.next() == "a gained")
        #expect(clock.waits.reduce(.zero, +) >= .seconds(15))
        run.cancel()
        await run.value
    }

    @Test func `resigning before it has begun ends it as it begins`() async {
        let leadership = candidate("a", clock: .system)
        await leadership.resign()
        await leadership.run {}
        #expect(server.holder == nil)
    }
}

extension AsyncStream<String>.Iterator {
    fileprivate mutating func next(where fits: (String) -> Bool) async -> String? {
        while let line = await next() {
            if fits(line) { return line }
        }
        return nil
    }
}
