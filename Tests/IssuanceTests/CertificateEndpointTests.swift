// SPDX-License-Identifier: Apache-2.0
import Buffers
import HTTP
import JSON
import KubernetesAPI
import OpenSSL
import SigningProtocol
import Telemetry
import Testing

@testable import Issuance

/// What a pod gets, from the request to the bytes of the answer.
struct CertificateEndpointTests {
    let fixture: SigningFixture

    init() throws {
        fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
    }

    @Test func `an injected pod gets a certificate with its names`() async throws {
        let key = try PrivateKey.generate(.ecdsaP256)
        let response = try await fixture.serving { try await fixture.ask(key: key) }
        #expect(response.status == 200, "\(response.text)")
        #expect(response["content-type"] == "application/pem-certificate-chain")
        #expect(response["podmint-chain-length"] == "1")
        let certificates = try response.certificates()
        #expect(certificates.count == 2)
        let leaf = try #require(certificates.first)
        #expect(key.matches(leaf) && leaf.isSigned(by: fixture.authority.certificate))
        #expect(
            leaf.subjectAlternativeNames.map(\.text) == [
                "spiffe://cluster.local/ns/shop/sa/web", "web-0.web.shop.svc",
                "web-0.web.shop.svc.cluster.local",
                "10.0.0.7", "fd00::7", "shop-front.shop.svc", "shop-front.shop.svc.cluster.local",
                "web.shop.svc",
                "web.shop.svc.cluster.local",
            ])
        #expect(leaf.notBefore == TestClock.start - 300 && leaf.notAfter == TestClock.start + 86_400)
        #expect(certificates.last == fixture.authority.certificate)
    }

    @Test func `the life comes from the pod's spec, and a request can only shorten it`() async throws {
        fixture.cluster.change("web-0") {
            $0.initContainers[0].environment[2] = .init("PODMINT_DURATION", "2h")
        }
        let (whole, short) = try await fixture.serving {
            (
                try await fixture.ask(fields: [("Podmint-Duration", "2000h")]),
                try await fixture.ask(fields: [("Podmint-Duration", "10m")])
            )
        }
        #expect(try whole.certificates()[0].notAfter == TestClock.start + 7200)
        #expect(try short.certificates()[0].notAfter == TestClock.start + 600)
    }

    @Test func `names in the request may be any of the pod's own, however they are spelt`() async throws {
        let response = try await fixture.serving {
            try await fixture.ask(names: [.dns("WEB-0.web.shop.svc."), .ip([10, 0, 0, 7])])
        }
        #expect(response.status == 200, "\(response.text)")
    }

    @Test(arguments: [
        ("Authorization", "", 401), ("Authorization", "Basic YTpi", 401),
        ("Authorization", "Bearer short", 401),
        ("Content-Type", "application/json", 400), ("Content-Type", "", 400),
        ("Podmint-Policy", "No Such", 400),
        ("Podmint-Reason", "urgent", 400), ("Podmint-Duration", "1s", 400),
    ])
    func `refuses a head that is not the protocol's, before asking anyone`(
        field: String, value: String, status: Int
    ) async throws {
        let response = try await fixture.ask(fields: [(field, value)])
        #expect(response.status == status)
        #expect(response.text.contains("\nhint: "))
        #expect(fixture.cluster.reviews == 0)
    }

    @Test func `refuses a body over the limit and one that is no request`() async throws {
        let token = fixture.cluster.token(for: .fixture())
        let key = try PrivateKey.generate(.ecdsaP256)
        let large = try SigningFixture.request(
            token: token, key: key, body: Array(repeating: 0, count: 16_385))
        #expect(await fixture.endpoint.answer(large).status == 413)
        #expect(fixture.cluster.reviews == 0)
        let garbage = try SigningFixture.request(token: token, key: key, body: Array("garbage".utf8))
        #expect(await fixture.endpoint.answer(garbage).status == 400)
    }

    @Test func `a request that is altered after its signature is refused`() async throws {
        let token = fixture.cluster.token(for: .fixture())
        let key = try PrivateKey.generate(.ecdsaP256)
        var der = try SigningRequest.create(key: key)
        der[der.count - 1] ^= 1
        let response = await fixture.endpoint.answer(
            try SigningFixture.request(token: token, key: key, body: der))
        #expect(response.status == 400)
    }

    @Test func `paths and methods that are not there say which are`() async throws {
        func answer(_ method: HTTPMethod, _ path: String) async -> HTTPResponse {
            await fixture.endpoint.answer(AgentRequest(copying: HTTPRequest(method: method, path: path)))
        }
        #expect(await answer(.get, "/v1/certificates").status == 405)
        #expect(await answer(.get, "/v1/certificates")["allow"] == "POST")
        #expect(await answer(.post, "/v1/bundle/default").status == 405)
        #expect(await answer(.get, "/v1/bundle/other").status == 404)
        #expect(await answer(.get, "/").status == 404)
        let bundle = await answer(.get, "/v1/bundle/default")
        #expect(bundle.status == 200)
        #expect(try bundle.certificates() == [fixture.authority.certificate])
    }

    @Test func `one pod cannot ask without end`() async throws {
        let statuses = try await fixture.serving {
            var statuses: [Int] = []
            for _ in 0..<12 { statuses.append(try await fixture.ask().status) }
            return statuses
        }
        #expect(statuses.prefix(10).allSatisfy { $0 == 200 })
        #expect(statuses.suffix(2) == [429, 429])
        fixture.time.advance(by: .seconds(6))
        let later = try await fixture.serving { try await fixture.ask() }
        #expect(later.status == 503, "the queue was drained by the first `serving`; the rate let it through")
    }

    @Test func `a silent API server is nobody's denial`() async throws {
        let token = fixture.cluster.token(for: .fixture())
        fixture.cluster.silence()
        let response = try await fixture.serving { try await fixture.ask(token: token) }
        #expect(response.status == 503 && response["retry-after"] != nil)
        #expect(fixture.auditSink.lines.isEmpty)
    }

    @Test func `tokens and keys are in no log and no audit line`() async throws {
        let token = fixture.cluster.token(for: .fixture())
        _ = try await fixture.serving {
            _ = try await fixture.ask(token: token)
            _ = try await fixture.ask(token: "a.unknown-token-abcdef.c")
            return try await fixture.ask(token: token, names: [.dns("evil.example")])
        }
        let written = (fixture.logSink.lines + fixture.auditSink.lines).joined()
        #expect(!fixture.logSink.lines.isEmpty && fixture.auditSink.lines.count == 3)
        #expect(!written.contains("payload-of-token") && !written.contains("unknown-token"))
        #expect(!written.contains("BEGIN"))
    }

    @Test func `waits for the address that the node has not reported yet`() async throws {
        fixture.cluster.change("web-0") { $0.addresses = [] }
        fixture.cluster.reportLate("web-0", addresses: ["10.0.0.9"], afterReads: 3)
        let response = try await fixture.serving { try await fixture.ask() }
        #expect(fixture.cluster.podReads > 3)
        try #require(response.status == 200, "\(response.text)")
        #expect(try response.certificates()[0].subjectAlternativeNames.contains(.ip([10, 0, 0, 9])))
    }

    @Test func `waits for the address that the pod has now, while the API server still has the former one`()
        async throws
    {
        fixture.cluster.change("web-0") { $0.addresses = ["10.0.0.8"] }
        fixture.cluster.reportLate("web-0", addresses: ["10.0.0.9", "fd00::9"], afterReads: 3)
        let response = try await fixture.serving {
            try await fixture.ask(fields: [("Podmint-Addresses", "10.0.0.9,fd00:0::9")])
        }
        try #require(response.status == 200, "\(response.text)")
        let names = try response.certificates()[0].subjectAlternativeNames
        #expect(names.contains(.ip([10, 0, 0, 9])) && !names.contains(.ip([10, 0, 0, 8])))
    }

    @Test func `an address that only the pod knows is waited for, and never certified`() async throws {
        fixture.cluster.change("web-0") { $0.addresses = ["10.0.0.8"] }
        let response = try await fixture.serving {
            try await fixture.ask(fields: [("Podmint-Addresses", "10.0.0.9")])
        }
        try #require(response.status == 200, "\(response.text)")
        let names = try response.certificates()[0].subjectAlternativeNames
        #expect(names.contains(.ip([10, 0, 0, 8])) && !names.contains(.ip([10, 0, 0, 9])))
        #expect(fixture.cluster.podReads > 3)
    }

    @Test func `addresses that are none are refused`() async throws {
        let tooMany = Array(repeating: "10.0.0.1", count: 17).joined(separator: ",")
        for text in ["10.0.0", "10.0.0.1;10.0.0.2", tooMany] {
            let response = try await fixture.serving {
                try await fixture.ask(fields: [("Podmint-Addresses", text)])
            }
            #expect(response.status == 400 && response.text.contains("Podmint-Addresses"), "\(response.text)")
        }
    }

    @Test func `says so when no address shows up in time`() async throws {
        fixture.cluster.change("web-0") { $0.addresses = [] }
        let response = try await fixture.serving { try await fixture.ask() }
        #expect(response.status == 503 && response["retry-after"] == "2")
        #expect(response.text.hasPrefix("pod web-0 in \"shop\" has no IP address"))
        #expect(fixture.cluster.podReads < 25, "25 s must not cost the API server more than a read a second")
    }

    @Test func `a host network pod gets the names that are its own, at once`() async throws {
        fixture.cluster.change("web-0") { $0.usesHostNetwork = true }
        let response = try await fixture.serving { try await fixture.ask() }
        let names = try response.certificates()[0].subjectAlternativeNames
        #expect(names.contains(.dns("web-0.web.shop.svc")))
        #expect(!names.contains { if case .ip = $0 { true } else { false } })
    }

    @Test func `counts what happened`() async throws {
        _ = try await fixture.serving {
            _ = try await fixture.ask()
            return try await fixture.ask(names: [.dns("evil.example")])
        }
        let page = fixture.registry.text()
        #expect(page.contains(#"podmint_certificate_requests_total{result="Issued"} 1"#))
        #expect(page.contains(#"podmint_certificate_requests_total{result="ForbiddenName"} 1"#))
        #expect(page.contains("podmint_queue_wait_seconds_count 2\n"))
        #expect(page.contains("podmint_queue_depth 0\n"))
    }
}
