// SPDX-License-Identifier: Apache-2.0
import HTTPTransport
import JSON
import OpenSSL
import Testing

@testable import KubernetesClient

@Suite(.serialized, .timeLimit(.minutes(1))) struct ClusterConnectionTests {
    static let protocols: [[ApplicationProtocol]] = [[.http2, .http1], [.http1]]

    @Test(arguments: protocols)
    func `speaks to a server over TLS with certificate and token`(alpn: [ApplicationProtocol]) async throws {
        try await withLoopbackAPIServer(alpn) { api, authority, port, reactors in
            let client = try APIClient(try authority.access(port: port), reactors: reactors)
            #expect(try await client.list(.pods).isEmpty)
            for name in ["a", "b", "c", "d", "e"] {
                _ = try await client.create(.pods, namespace: "default", .object(name, 0))
            }
            #expect(
                try await client.list(.pods).compactMap { $0.at("metadata", "name")?.string } == [
                    "a", "b", "c", "d", "e",
                ])
            #expect(try await client.find(.secrets, namespace: "x", name: "y") == nil)
        }
    }

    @Test(arguments: protocols)
    func `an informer follows through dropped watches and forgotten versions`(alpn: [ApplicationProtocol])
        async throws
    {
        try await withLoopbackAPIServer(alpn) { api, authority, port, reactors in
            let (lines, log) = AsyncStream.makeStream(of: String.self)
            let informer = Informer<String>(
                client: try APIClient(try authority.access(port: port), reactors: reactors), resource: .pods,
                backoff: Backoff(first: .milliseconds(1), longest: .milliseconds(5)),
                decode: { $0.at("metadata", "name")?.string },
                onChange: { change in
                    if case .removed = change {
                        log.yield("-\(change.key.name)")
                    } else {
                        log.yield("+\(change.key.name)")
                    }
                })
            var changes = lines.makeAsyncIterator()
            for name in ["a", "b", "c"] { api.put(name) }
            let run = Task { await informer.run() }
            try await informer.waitForSync()
            var first: Set<String> = []
            for _ in 0..<3 { first.insert(await changes.next() ?? "") }
            #expect(first == ["+a", "+b", "+c"])

            api.put("d")
            #expect(await changes.next() == "+d")
            api.delete("a")
            #expect(await changes.next() == "-a")

            api.dropWatches()
            api.put("e")
            #expect(await changes.next() == "+e")

            api.delete("b")
            #expect(await changes.next() == "-b")
            api.dropWatches(forgetting: true)
            api.put("f")
            #expect(await changes.next() == "+f")
            #expect(informer.records.values.sorted() == ["c", "d", "e", "f"])
            #expect(api.targets.count { !$0.contains("watch=true") } == 4)

            run.cancel()
            await run.value
            while api.openWatches > 0 { await Task.yield() }
        }
    }

    @Test func `a large list and large events arrive whole`() async throws {
        try await withLoopbackAPIServer([.http2]) { api, authority, port, reactors in
            let long = String(repeating: "x", count: 300_000)
            let (lines, log) = AsyncStream.makeStream(of: Int.self)
            let informer = Informer<Int>(
                client: try APIClient(try authority.access(port: port), reactors: reactors), resource: .pods,
                decode: { $0.at("metadata", "name")?.string?.utf8.count },
                onChange: { if case .set(_, let count, _) = $0 { log.yield(count) } })
            api.put(long)
            let run = Task { await informer.run() }
            var counts = lines.makeAsyncIterator()
            #expect(await counts.next() == 300_000)
            api.put(long + "y")
            #expect(await counts.next() == 300_001)
            run.cancel()
            await run.value
        }
    }

    @Test func `trusts nobody but the kubeconfig's authority`() async throws {
        try await withLoopbackAPIServer([.http2]) { _, authority, port, reactors in
            let client = try APIClient(
                try authority.access(port: port, trusting: try LoopbackAuthority()), reactors: reactors)
            let error = await #expect(throws: KubernetesError.self) { try await client.list(.pods) }
            guard case .unreachable(let why)? = error else { throw Unexpected() }
            #expect(why.contains("certificate"))
        }
    }

    @Test func `tls-server-name says whose certificate it must be`() async throws {
        try await withLoopbackAPIServer([.http2], names: [.dns("kubernetes")]) {
            _, authority, port, reactors in
            let named = try APIClient(
                try authority.access(port: port, serverName: "kubernetes"), reactors: reactors)
            #expect(try await named.list(.pods).isEmpty)
            let unnamed = try APIClient(try authority.access(port: port), reactors: reactors)
            await #expect(throws: KubernetesError.self) { try await unnamed.list(.pods) }
        }
    }

    private struct Unexpected: Error {}
}
