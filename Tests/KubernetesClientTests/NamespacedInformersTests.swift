// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import Synchronization
import Testing

@testable import KubernetesClient

@Suite(.timeLimit(.minutes(1))) struct NamespacedInformersTests {
    /// Follows one namespace after the other with the answers given for each; `log` tells of changes and failures.
    private func informers(
        _ answers: [String: [FakeAPIServer.Answer]], _ log: AsyncStream<String>.Continuation
    ) -> NamespacedInformers<String> {
        let servers = Mutex(answers)
        return NamespacedInformers(onEnd: { log.yield("ended \($0)") }) { namespace in
            // Asked anew, a server goes on where the last one stopped.
            let script = servers.withLock {
                $0.updateValue(Array($0[namespace]?.dropFirst(2) ?? []), forKey: namespace)
            }
            return Informer(
                client: APIClient(transport: FakeAPIServer(script ?? [])), resource: .secrets,
                scope: ObjectScope(namespace: namespace), clock: ManualClock().clock,
                pauseWhenForbidden: .seconds(300),
                decode: { $0.at("metadata", "name")?.string },
                onChange: { log.yield("change \($0.key.name)") },
                onTrouble: { if case .failure(let error) = $0 { log.yield("failed \(error.code ?? 0)") } })
        }
    }

    @Test func `follows what is wanted, forgets what is not, and asks again where it may since`() async throws
    {
        let (lines, log) = AsyncStream.makeStream(of: String.self)
        let informers = informers(
            [
                "a": [.json(200, .list(1, [.object("one", 1)])), .openWatch([])],
                "b": [
                    .json(403, ["kind": "Status", "code": 403]), .openWatch([]),
                    .json(200, .list(1, [.object("two", 1)])), .openWatch([]),
                ],
            ], log)
        #expect(informers.knowledge(of: "a") == .notFollowed)
        let run = Task { await informers.run() }
        var seen = lines.makeAsyncIterator()
        informers.follow(["a"])
        #expect(await seen.next() == "change one")
        informers.follow(["a", "b"])
        #expect(await seen.next() == "failed 403")
        #expect(informers.knowledge(of: "b") == .forbidden)
        informers.retry("b")
        #expect(await seen.next() == "change two")
        #expect(informers.namespaces == ["a", "b"])
        #expect(Set(informers.records.values) == ["one", "two"])
        informers.follow(["b"])
        #expect(await seen.next() == "ended a")
        #expect(informers.knowledge(of: "a") == .notFollowed && informers.records(in: "a").isEmpty)
        run.cancel()
        await run.value
    }
}
