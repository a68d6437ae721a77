// SPDX-License-Identifier: Apache-2.0
import HTTP
import KubernetesAPI
import OpenSSL
import Testing

@testable import Issuance

struct KeyLedgerTests {
    let fixture: SigningFixture

    init() throws {
        fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
    }

    @Test func `an answer that was lost is given again, not signed again`() async throws {
        let key = try PrivateKey.generate(.ecdsaP256)
        let (first, second) = try await fixture.serving {
            let first = try await fixture.ask(key: key)
            fixture.time.advance(by: .seconds(60))
            return (first, try await fixture.ask(key: key))
        }
        #expect(first.status == 200 && first.body == second.body)
        #expect(fixture.auditSink.lines.count == 1)
    }

    @Test func `after ten minutes, with other names or another life, it is a new one`() async throws {
        let key = try PrivateKey.generate(.ecdsaP256)
        let serials = try await fixture.serving {
            var serials: [String] = []
            func ask(_ fields: [(String, String)] = []) async throws {
                serials.append(try await fixture.ask(key: key, fields: fields).certificates()[0].serialHex)
            }
            try await ask()
            fixture.time.advance(by: .seconds(601))
            try await ask()
            fixture.cluster.change("web-0") { $0.addresses = ["10.0.0.99"] }
            try await ask()
            try await ask([("Podmint-Duration", "2h")])
            return serials
        }
        #expect(Set(serials).count == 4)
    }

    /// The agent renews at 60 % of a life at the earliest; an answer given again must not be due already.
    @Test(arguments: [200, 299, 400]) func `what is about to end, or has ended, is not given again`(
        seconds: Int
    ) async throws {
        let key = try PrivateKey.generate(.ecdsaP256)
        let (first, second) = try await fixture.serving {
            let first = try await fixture.ask(key: key, fields: [("Podmint-Duration", "5m")])
            fixture.time.advance(by: .seconds(seconds))
            return (first, try await fixture.ask(key: key, fields: [("Podmint-Duration", "5m")]))
        }
        let (old, new) = (try first.certificates()[0], try second.certificates()[0])
        #expect(old.serialHex != new.serialHex)
        #expect(new.notAfter == TestClock.start + Int64(seconds) + 300)
    }

    @Test func `what was granted before is not granted to who may no longer have it`() async throws {
        let key = try PrivateKey.generate(.ecdsaP256)
        let token = fixture.cluster.token(for: .fixture())
        let response = try await fixture.serving {
            _ = try await fixture.ask(token: token, key: key)
            fixture.cluster.change("web-0") { $0.metadata.isBeingDeleted = true }
            return try await fixture.ask(token: token, key: key)
        }
        #expect(response.status == 403)
    }

    @Test func `a bounded map forgets the oldest and keeps what is pinned`() {
        var map = BoundedMap<Int, String>(limit: 3)
        map.pin(-1, "pinned")
        for key in 0..<10 { map[key] = "v\(key)" }
        #expect(map[-1] == "pinned")
        #expect((0..<10).filter { map[$0] != nil } == [7, 8, 9])
        // Whoever had it before it was pinned falls out of line, and the pin stays.
        map.pin(9, "kept")
        for key in 10..<20 { map[key] = "v\(key)" }
        #expect(map[9] == "kept" && map.pinned == 2)
        map.unpin(9)
        #expect(map[9] == "kept" && map.pinned == 1)
        for key in 20..<30 { map[key] = "v\(key)" }
        #expect(map[9] == nil)
        for key in 7..<10 { map[key] = "v\(key)" }
        map[8] = "changed"
        #expect(map[8] == "changed" && map[7] == "v7")
        #expect(map.count == 4)
    }
}
