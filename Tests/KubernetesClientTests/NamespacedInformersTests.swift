// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import Testing

@testable import KubernetesClient

@Suite(.timeLimit(.minutes(1))) struct NamespacedInformersTests {
    /// Follows one namespace after the other with the answers given for each; `log` tells of changes and failures.
    private func informers(
        _ answers: [String: [FakeAPIServer.Answer]], passing pause: Duration,
        _ log: AsyncStream<String>.Continuation
    ) -> NamespacedInformers<String> {
        NamespacedInformers { namespace in
            Informer(
                client: APIClient(transport: FakeAPIServer(answers[namespace] ?? [])), resource: .secrets,
                scope: ObjectScope(namespace: namespace), clock: ManualClock(passing: pause).clock,
                pauseWhenForbidden: .seconds(300),
                decode: { $0.at("metadata", "name")?.string },
                onChange: { log.yield("change \($0.key.name)") },
                onTrouble: { if case .failure(let error) = $0 { log.yield("failed \(error.code ?? 0)") } })
        }
    }

    private static let one: [FakeAPIServer.Answer] = [
        .json(200, .list(1, [.object("one", 1)])), .openWatch([]),
    ]

    @Test func `follows what is wanted, and forgets what is not`() async throws {
        let (lines, log) = AsyncStream.makeStream(of: String.self)
        let informers = informers(
            ["a": Self.one, "b": [.json(403, ["kind": "Status", "code": 403])]], passing: .seconds(100), log)
        #expect(informers.knowledge(of: "a") == .notFollowed)
        let run = Task { await informers.run() }
        var seen = lines.makeAsyncIterator()
        informers.follow(["a"])
        #expect(await seen.next() == "change one")
        informers.follow(["a", "b"])
        #expect(await seen.next() == "failed 403")
        #expect(informers.knowledge(of: "b") == .forbidden)
        #expect(informers.health.isSynced && informers.health.objects == 1)
        #expect(informers.namespaces == ["a", "b"])
        #expect(Set(informers.records.values) == ["one"])
        informers.follow(["b"])
        #expect(informers.knowledge(of: "a") == .notFollowed && informers.records(in: "a").isEmpty)
        run.cancel()
        await run.value
    }

    @Test func `asks again by itself where it may since`() async throws {
        let (lines, log) = AsyncStream.makeStream(of: String.self)
        let informers = informers(
            ["a": [.json(403, ["kind": "Status", "code": 403])] + Self.one], passing: .seconds(400), log)
        let run = Task { await informers.run() }
        var seen = lines.makeAsyncIterator()
        informers.follow(["a"])
        #expect(await seen.next() == "failed 403")
        #expect(await seen.next() == "change one")
        #expect(Set(informers.records.values) == ["one"])
        run.cancel()
        await run.value
    }
}
