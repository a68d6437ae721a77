// SPDX-License-Identifier: Apache-2.0
import JSON
import Synchronization
import Testing

@testable import KubernetesClient

@Suite(.timeLimit(.minutes(1))) struct InformerTests {
    /// Runs an informer over a script until it has reported as many changes and failures as wanted.
    private func follow(
        _ answers: [FakeAPIServer.Answer], until count: Int, clock: ManualClock = ManualClock(),
        _ check: (Informer<String>, FakeAPIServer, [String]) async throws -> Void
    ) async throws {
        let server = FakeAPIServer(answers)
        let (lines, log) = AsyncStream.makeStream(of: String.self)
        let informer = Informer<String>(
            client: APIClient(transport: server), resource: .pods, clock: clock.clock,
            decode: { object in
                object.at("metadata", "name")?.string.flatMap { name in
                    name.hasPrefix("_")
                        ? nil : "\(name)@\(object.at("metadata", "resourceVersion")?.string ?? "?")"
                }
            },
            onChange: { change in
                switch change {
                case .set(_, let record, let previous): log.yield("set \(record) was \(previous ?? "-")")
                case .removed(_, let record): log.yield("removed \(record)")
                }
            },
            onTrouble: { trouble in
                switch trouble {
                case .failure(let error): log.yield("failed \(error.code ?? 0)")
                case .over(let error, let lasted): log.yield("over \(error.code ?? 0) after \(lasted)")
                }
            })
        let run = Task { await informer.run() }
        var seen: [String] = []
        for await line in lines {
            seen.append(line)
            if seen.count == count { break }
        }
        try await check(informer, server, seen)
        run.cancel()
        await run.value
    }

    @Test func `lists, then follows what happens`() async throws {
        try await follow(
            [
                .json(200, .list(9, [.object("a", 1)], continuing: "t")),
                .json(200, .list(9, [.object("b", 2), .object("_c", 3)])),
                .openWatch([
                    .event("ADDED", .object("d", 10)),
                    .event("MODIFIED", .object("a", 11)) + .event("DELETED", .object("b", 12)),
                    .event("BOOKMARK", ["metadata": ["resourceVersion": "20"]]),
                ]),
            ], until: 5
        ) { informer, server, seen in
            try await informer.waitForSync()
            #expect(Set(seen.prefix(2)) == ["set a@1 was -", "set b@2 was -"])
            #expect(seen.dropFirst(2) == ["set d@10 was -", "set a@11 was a@1", "removed b@2"])
            #expect(informer.records.values.sorted() == ["a@11", "d@10"])
            #expect(informer.record(for: ObjectKey(namespace: "default", name: "a")) == "a@11")
            #expect(informer.isSynced && informer.count == 2 && informer.lastFailure == nil)
            #expect(informer.silence == .zero)
            #expect(
                server.targets[2].hasPrefix(
                    "/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=9&timeoutSeconds="))
        }
    }

    @Test func `resumes from the last bookmark when a watch ends`() async throws {
        try await follow(
            [
                .json(200, .list(9, [])),
                .watch([.event("BOOKMARK", ["metadata": ["resourceVersion": "20"]])]),
                .openWatch([.event("ADDED", .object("a", 21))]),
            ], until: 1
        ) { informer, server, seen in
            #expect(seen == ["set a@21 was -"])
            #expect(server.targets[2].contains("resourceVersion=20&"))
        }
    }

    @Test(arguments: [true, false])
    func `lists anew when its version is gone, and reports only what changed`(inStream: Bool) async throws {
        let clock = ManualClock()
        let gone = JSONValue.status(410, "Expired")
        try await follow(
            [
                .json(200, .list(9, [.object("a", 1), .object("b", 2)])),
                inStream ? .watch([.event("ERROR", gone)]) : .json(410, gone),
                .json(200, .list(30, [.object("a", 1), .object("c", 25)])), .openWatch([]),
            ], until: 6, clock: clock
        ) { informer, _, seen in
            let pause = clock.waits.reduce(.zero, +)
            #expect(
                seen.dropFirst(2) == [
                    "failed 410", "over 410 after \(pause)", "removed b@2", "set c@25 was -",
                ])
            #expect(informer.records.values.sorted() == ["a@1", "c@25"])
        }
    }

    @Test func `keeps what it knows and waits longer while the server is away`() async throws {
        let clock = ManualClock()
        try await follow(
            [
                .failure(.unreachable("x")), .json(200, .list(9, [.object("a", 1)])),
                .json(503, .status(503, ""), retryAfter: "3"),
                .failure(.timedOut), .json(500, .status(500, "")),
                .openWatch([.event("ADDED", .object("b", 10))]),
            ], until: 8, clock: clock
        ) { informer, server, seen in
            // From the first failure on, and told once.
            let (first, second) = (clock.waits[0], clock.waits.dropFirst().reduce(.zero, +))
            #expect(
                seen == [
                    "failed 0", "over 0 after \(first)", "set a@1 was -", "failed 503", "failed 0",
                    "failed 500", "over 500 after \(second)", "set b@10 was -",
                ])
            #expect(informer.count == 2)
            #expect(server.targets.dropFirst(2).allSatisfy { $0.contains("resourceVersion=9&") })
            #expect(clock.waits.count == 4)
            #expect(clock.waits[0] >= .milliseconds(800) && clock.waits[0] < .milliseconds(1600))
            #expect(clock.waits[1] >= .seconds(3) && clock.waits[1] < .seconds(3.75))
            // Each longer than the one before of its kind: who is away, and who says no.
            #expect(clock.waits[2] >= .milliseconds(800) && clock.waits[2] < .milliseconds(1600))
            #expect(clock.waits[3] >= .milliseconds(1600) && clock.waits[3] < .milliseconds(3200))
        }
    }

    @Test func `gives up a watch that has gone silent`() async throws {
        // With this clock every wait passes, so the watchdog's too.
        try await follow(
            [.json(200, .list(9, [])), .openWatch([]), .watch([.event("ADDED", .object("a", 10))])], until: 1,
            clock: ManualClock(passing: .seconds(1000))
        ) { _, server, seen in
            #expect(seen == ["set a@10 was -"])
            #expect(server.targets.count >= 3)
        }
    }

    @Test func `waiting for the first list ends with the task that waits`() async throws {
        let informer = Informer<String>(
            client: APIClient(transport: FakeAPIServer([])), resource: .pods, clock: ManualClock().clock,
            decode: { _ in nil })
        let waiting = Task { try await informer.waitForSync() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(informer.silence == nil && !informer.isSynced)
    }
}
