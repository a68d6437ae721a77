// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import Synchronization
import Testing

@testable import KubernetesClient

struct EventRecorderTests {
    private let pod = ObjectReference.pod("web-0", in: "shop", uid: "u1")
    private let clock = ManualClock()
    private let failures = Failures()

    private final class Failures: Sendable {
        private let stored = Mutex<[KubernetesError]>([])
        var all: [KubernetesError] { stored.withLock { $0 } }
        func append(_ error: KubernetesError) { stored.withLock { $0.append(error) } }
    }

    private func recorder(_ server: FakeAPIServer) -> EventRecorder {
        EventRecorder(
            client: APIClient(transport: server), instance: "podmint-1", clock: clock.clock,
            time: { 1_795_339_440 }, onFailure: { [failures] in failures.append($0) })
    }

    /// Runs the writer until it has dealt with as many as are expected.
    private func settle(_ recorder: EventRecorder, _ expected: Int64) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await recorder.run() }
            while recorder.counts.written + recorder.counts.lost < expected { await Task.yield() }
            group.cancelAll()
        }
    }

    @Test func `an Event is what kubectl describe shows`() async throws {
        let server = FakeAPIServer([.json(201, [:])])
        let recorder = recorder(server)
        recorder.record(on: pod, .warning, reason: "ForbiddenName", message: "No:\n\u{1b}[31mbad")
        #expect(server.requests.isEmpty, "nothing is written by who records")
        await settle(recorder, 1)
        #expect(server.targets == ["/api/v1/namespaces/shop/events?fieldManager=podmint"])
        let event = try JSONValue(parsing: #require(server.requests.first).body)
        #expect(event.at("metadata", "name")?.string?.hasPrefix("web-0.") == true)
        #expect(event.at("metadata", "namespace") == "shop")
        #expect(
            event["involvedObject"] == [
                "apiVersion": "v1", "kind": "Pod", "name": "web-0", "namespace": "shop", "uid": "u1",
            ])
        #expect(event["type"] == "Warning")
        #expect(event["reason"] == "ForbiddenName")
        #expect(event["message"] == "No:  [31mbad")
        #expect(event["count"] == 1)
        #expect(event["firstTimestamp"] == "2026-11-22T09:24:00Z")
        #expect(event["lastTimestamp"] == "2026-11-22T09:24:00Z")
        #expect(event.at("source", "component") == "podmint")
        #expect(event["reportingInstance"] == "podmint-1")
    }

    @Test func `what is cluster-scoped is told in the namespace default`() async throws {
        let server = FakeAPIServer([.json(201, [:])])
        let recorder = recorder(server)
        let authority = ObjectReference(
            apiVersion: "podmint.dev/v1alpha1", kind: "ClusterAuthority", namespace: "", name: "default")
        recorder.record(on: authority, .normal, reason: "Made", message: "m")
        await settle(recorder, 1)
        #expect(server.targets == ["/api/v1/namespaces/default/events?fieldManager=podmint"])
    }

    @Test func `a busy API server is asked again, a no is told once`() async throws {
        let no = FakeAPIServer.Answer.json(403, .status(403, "Forbidden", "cannot create events"))
        let server = FakeAPIServer([
            .json(429, .status(429, "TooManyRequests"), retryAfter: "7"), .json(201, [:]), no, no,
            .json(201, [:]), no,
        ])
        let recorder = recorder(server)
        for number in 1...5 {
            recorder.record(on: pod, .warning, reason: "R", message: "message \(number)")
        }
        await settle(recorder, 5)
        #expect(clock.waits == [.seconds(7)])
        #expect(recorder.counts.written == 2)
        #expect(recorder.counts.lost == 3)
        #expect(failures.all.count == 2, "one for each row of failures")
    }

    @Test func `a namespace on its way out is no failure`() async throws {
        let server = FakeAPIServer([
            .json(404, .status(404, "NotFound")),
            .json(
                403,
                .status(
                    403, "Forbidden",
                    "unable to create new content in namespace shop because it is being terminated")),
        ])
        let recorder = recorder(server)
        recorder.record(on: pod, .warning, reason: "R", message: "1")
        recorder.record(on: pod, .warning, reason: "R", message: "2")
        await settle(recorder, 2)
        #expect(failures.all.isEmpty)
    }

    @Test func `a queue that nobody empties takes what it holds and loses the rest`() {
        let recorder = recorder(FakeAPIServer([]))
        for number in 0..<600 {
            recorder.record(
                on: .pod("pod-\(number)", in: "shop", uid: ""), .warning, reason: "R", message: "m")
        }
        #expect(recorder.counts.lost == 88)
    }

    @Test(arguments: [String(repeating: "é", count: 600), String(repeating: "𝄞", count: 300)])
    func `a message is cut at 1 kB, between characters`(message: String) {
        let fitted = EventText.fit(message)
        #expect(fitted.utf8.count <= 1024)
        #expect(fitted.utf8.count > 1020)
        #expect(message.hasPrefix(fitted))
    }

    @Test func `the name of an Event is a name`() {
        let name = EventText.name(for: String(repeating: "a", count: 199) + "." + "b")
        #expect(name.utf8.count <= 253)
        #expect(name.hasPrefix(String(repeating: "a", count: 199) + "."))
        #expect(!name.contains(".."))
    }
}
