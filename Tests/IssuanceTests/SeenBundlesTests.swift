// SPDX-License-Identifier: Apache-2.0
import JSON
import Logging
import OpenSSL
import SigningProtocol
import Telemetry
import Testing

@testable import Issuance

struct SeenBundlesTests {
    private let sink = RecordingSink()
    private let seen: SeenBundles
    private static let limit = 100

    init() {
        let sink = sink
        seen = SeenBundles(
            logger: Logger(label: "test") { JSONLogHandler(label: $0, level: .info, sink: sink) },
            limit: Self.limit)
    }

    private func note(_ digest: String, of uid: String = "u", _ policy: PolicyName = .standard) {
        seen.note(digest, of: ("shop", "web-0", uid), policy)
    }

    @Test func `is told once for each pod, policy and bundle`() throws {
        let (one, other) = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))
        let transport = try #require(PolicyName(parsing: "transport"))
        for digest in [one, one, other, other, one] { note(digest) }
        note(one, of: "v")
        note(one, of: "v", transport)
        #expect(sink.entries.map { $0["bundle"]?.string?.first } == ["a", "b", "a", "a", "a"])
        #expect(sink.entries.map { $0["uid"]?.string } == ["u", "u", "u", "v", "v"])
        let line = try #require(sink.entries.last)
        #expect(line["bundle"]?.string?.count == 16 && line["policy"] == "transport")
        #expect(line["namespace"] == "shop" && line["pod"] == "web-0")
    }

    @Test func `what is remembered is bounded`() {
        for number in 0..<Self.limit * 5 {
            note("a", of: "\(number)")
            #expect(seen.count <= Self.limit)
        }
        #expect(sink.lines.count == Self.limit * 5)
        note("a", of: "0")
        #expect(sink.lines.count == Self.limit * 5 + 1)
    }

    @Test func `pods that come and go take no place of those that go on checking`() {
        for number in 0..<Self.limit * 5 {
            note("a", of: "job-\(number)")
            if number % 10 == 0 { for pod in 0..<10 { note("a", of: "web-\(pod)") } }
        }
        let told = sink.entries.compactMap { $0["uid"]?.string }.filter { $0.hasPrefix("web-") }
        #expect(told == (0..<10).map { "web-\($0)" })
    }

    @Test func `only what is current counts`() async throws {
        let fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
        let certificates = try await fixture.serving { try await fixture.ask().certificates() }
        let (leaf, bundle) = (certificates[0], Array(certificates.dropFirst()))
        func told() -> [String?] {
            fixture.logSink.entries.filter { $0["msg"]?.string == SeenBundles.message }.map {
                $0["bundle"]?.string
            }
        }
        _ = await fixture.check(leaf, bundle: bundle + [leaf])
        _ = await fixture.check(leaf, bundle: bundle, pod: "shop/nobody")
        #expect(told().isEmpty)
        for _ in 0..<2 { _ = await fixture.check(leaf, bundle: bundle) }
        #expect(told() == [String(Digest.hex(Certificate.digest(ofSet: bundle)).prefix(16))])
    }
}
