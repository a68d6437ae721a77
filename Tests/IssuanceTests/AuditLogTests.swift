// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import OpenSSL
import Testing

@testable import Issuance

struct AuditLogTests {
    @Test func `one line says who got what, and carries the digest of the line before`() async throws {
        let fixture = try SigningFixture()
        fixture.cluster.add(.fixture())
        let key = try PrivateKey.generate(.ecdsaP256)
        let response = try await fixture.serving {
            let response = try await fixture.ask(key: key)
            _ = try await fixture.ask(names: [.dns("evil.example")])
            return response
        }
        let leaf = try response.certificates()[0]
        let entries = fixture.auditSink.entries
        #expect(entries.count == 2)
        let issued = try #require(entries.first)
        let expected: [String: String] = [
            "namespace": "shop", "pod": "web-0", "uid": "uid-shop-web-0", "serviceAccount": "web",
            "node": "node-1",
            "policy": "default", "verdict": "issued", "serial": leaf.serialHex,
            "spkiSHA256": Digest.hex(key.publicKey.spkiSHA256),
            "issuer": fixture.authority.certificate.subject,
            "time": Timestamp(secondsSinceEpoch: TestClock.start).description,
            "notAfter": Timestamp(secondsSinceEpoch: leaf.notAfter).description,
            "previous": String(repeating: "0", count: 64),
        ]
        for (field, value) in expected { #expect(issued[field]?.string == value, "\(field)") }
        #expect(issued["names"]?.array?.compactMap(\.string) == leaf.subjectAlternativeNames.map(\.text))
        let denied = try #require(entries.last)
        #expect(denied["verdict"]?.string == "denied" && denied["code"]?.string == "ForbiddenName")
        #expect(denied["seq"]?.integer == 2)
        let first = try #require(fixture.auditSink.lines.first)
        #expect(denied["previous"]?.string == Digest.hex(Digest.sha256(Array(first.utf8.dropLast()))))
    }

    @Test func `a line that was not written does not count`() throws {
        let sink = RecordingSink()
        let audit = AuditLog(sink: sink)
        let entry = AuditEntry(
            time: 0, requestID: "r", caller: nil, policy: "default", keyDigest: nil,
            verdict: .denied(.queueFull))
        try audit.write(entry)
        sink.breakDown()
        #expect(throws: (any Error).self) { try audit.write(entry) }
        #expect(sink.lines.count == 1)
    }
}
