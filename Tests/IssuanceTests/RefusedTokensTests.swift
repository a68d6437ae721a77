// SPDX-License-Identifier: Apache-2.0
import HTTP
import OpenSSL
import Testing

@testable import Issuance

struct RefusedTokensTests {
    let fixture: SigningFixture

    init() throws {
        fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
    }

    private func ask(_ token: String, from peer: String = "10.0.0.1") async throws -> HTTPResponse {
        await fixture.endpoint.answer(
            try SigningFixture.request(token: token, key: .generate(.ecdsaP256), peer: peer))
    }

    @Test func `the same bad token costs one review and one line in the audit, for a while`() async throws {
        for _ in 0..<20 { #expect(try await ask("a.bad-token-0123456789.c").status == 401) }
        #expect(fixture.cluster.reviews == 1 && fixture.auditSink.lines.count == 1)
        fixture.time.advance(by: .seconds(6))
        #expect(try await ask("a.bad-token-0123456789.c").status == 401)
        #expect(fixture.cluster.reviews == 2)
    }

    @Test func `who sends ever new bad tokens is told to wait, and others are not`() async throws {
        let allowance = Int(RefusedTokens.burst)
        for number in 0..<allowance {
            #expect(try await ask("a.bad-token-\(number)-0123456789.c").status == 401)
        }
        let refused = try await ask("a.bad-token-last-0123456789.c")
        #expect(refused.status == 429 && refused["retry-after"] == "1")
        #expect(refused.text.contains("10.0.0.1") && fixture.cluster.reviews == allowance)
        let good = fixture.cluster.token(for: .fixture())
        let statuses = try await fixture.serving {
            var statuses = [
                try await ask(good, from: "10.0.0.2").status, try await ask(good).status,
            ]
            fixture.time.advance(by: .seconds(1))
            statuses.append(try await ask(good).status)
            return statuses
        }
        #expect(statuses == [200, 429, 200])
    }

    @Test func `good tokens use nothing up, and silence of the API server is no refusal`() async throws {
        let tokens = RefusedTokens(clock: fixture.time.clock)
        for _ in 0..<1000 { try tokens.check("good", from: "a") }
        fixture.cluster.silence()
        let token = fixture.cluster.token(for: .fixture())
        #expect(try await ask(token).status == 503)
        fixture.cluster.silence(false)
        #expect(try await fixture.serving { try await ask(token).status } == 200)
    }
}
