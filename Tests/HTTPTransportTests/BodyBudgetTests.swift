// SPDX-License-Identifier: Apache-2.0
import HTTP
import Sockets
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct BodyBudgetTests {
    @Test func `what is given back can be taken again, and what is overdrawn is said`() {
        let budget = BodyBudget(100)
        #expect(budget.charge(60) && budget.left == 40)
        #expect(!budget.charge(60) && budget.left == 0)
        #expect(budget.charge(-60) && budget.left == 40)
        #expect(budget.charge(40) && budget.charge(-100) && budget.left == 100)
    }

    @Test func `all reactors of a server share one`() throws {
        let group = try ReactorGroup(count: 2)
        defer { group.stop() }
        var limits = HTTPLimits()
        limits.bufferedBodyBytes = 1000
        let core = ServerCore(.plain, limits, echo)
        let shards = group.reactors.map { ServerShard($0, core) }
        #expect(shards[0].charge(900) && shards[1].bodyBytesLeft == 100)
        #expect(!shards[1].charge(200))
    }

    @Test func `a body that finds none left is refused until another has been answered`() async throws {
        var limits = HTTPLimits()
        limits.bufferedBodyBytes = 100_000
        try await withServer(limits: limits, reactors: 2) { server in
            let body = String(repeating: "a", count: 90_000)
            let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count + 1)\r\n\r\n"
            let holder = try RawClient(server)
            // Whichever reactor each of them is given: what is left tells how far the server is with them.
            func leaves(_ isSo: (Int) -> Bool) async throws {
                while !isSo(server.core.bodies.left) { try await Task.sleep(for: .milliseconds(1)) }
            }
            try holder.send(head + body)
            try await leaves { $0 < 30_000 }
            let held = server.core.bodies.left
            let other = try RawClient(server)
            try other.send(HTTP1ServerTests.post(body))
            #expect(try await other.read { $0.contains("\r\n\r\n") }.hasPrefix("HTTP/1.1 503"))
            try await leaves { $0 == held }
            // What is as small as reviews are needs no budget.
            let small = try RawClient(server)
            try small.send(HTTP1ServerTests.post("small"))
            #expect(try await small.read { $0.hasSuffix("small") }.hasPrefix("HTTP/1.1 200"))
            try holder.send("b")
            #expect(try await holder.read { $0.hasSuffix("b") }.hasPrefix("HTTP/1.1 200"))
            try await leaves { $0 == limits.bufferedBodyBytes }
            let next = try RawClient(server)
            try next.send(HTTP1ServerTests.post(body))
            #expect(try await next.read { $0.hasSuffix("a") }.hasPrefix("HTTP/1.1 200"))
        }
    }
}
