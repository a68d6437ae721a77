// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import KubernetesAPI
import OpenSSL
import Testing

@testable import podmint

@Suite struct WebhookRegistrationTests {
    private static let now: Int64 = 1_795_339_440

    private func anchor(_ name: String, until: Int64 = now + 3600) throws -> Certificate {
        try CertificateIssuer.selfSigned(
            commonName: name, algorithm: .ecdsaP256, notBefore: Self.now - 7200, notAfter: until
        ).certificate
    }

    private func registration(_ bundles: [Certificate]..., name: String = "pods.podmint.dev")
        -> WebhookRegistration
    {
        WebhookRegistration(
            entries: bundles.map {
                .init(name: name, caBundle: Base64.encode(Array($0.map(\.pem).joined().utf8)))
            })
    }

    /// What an entry trusts once the patch is applied, in order.
    private func trusted(_ patch: JSONPatch?) throws -> [[Certificate]] {
        try (patch?.operations ?? []).compactMap { operation in
            guard case .add(_, let value) = operation, let text = value.string, let pem = Base64.decode(text)
            else {
                return nil
            }
            return try PEM.certificates(in: pem)
        }
    }

    @Test func `an entry that trusts the anchors is left as it is`() throws {
        let (own, other) = (try anchor("own"), try anchor("other"))
        #expect(registration([other, own]).patch(trusting: [own], at: Self.now) == nil)
        #expect(registration([], name: "pods.example.com").patch(trusting: [own], at: Self.now) == nil)
    }

    @Test func `two replicas with different anchors come to rest`() throws {
        let (old, new) = (try anchor("old"), try anchor("new"))
        let patch = registration([old], [new, old], [old]).patch(trusting: [new], at: Self.now)
        #expect(try trusted(patch) == [[old, new], [old, new]])
        #expect(registration([old, new]).patch(trusting: [old], at: Self.now) == nil)
    }

    @Test func `what has ended, and what cannot be read, goes`() throws {
        let (ended, own) = (try anchor("ended", until: Self.now - 1), try anchor("own"))
        #expect(try trusted(registration([ended]).patch(trusting: [own], at: Self.now)) == [[own]])
        let garbage = WebhookRegistration(entries: [.init(name: "pods.podmint.dev", caBundle: "Zm9v")])
        #expect(try trusted(garbage.patch(trusting: [own], at: Self.now)) == [[own]])
    }

    /// Written again, so that the next manifests without a bundle do not take it away with the applier's fields.
    @Test func `a bundle that an upgrade carried over is written again, without its mark`() throws {
        let own = try anchor("own")
        let file = "/tmp/podmint-carried-\(UInt32.random(in: 0 ... .max)).pem"
        try #require(own.pem.write(toFile: file))
        defer { unlink(file) }
        let carried = try CarriedBundle(file: file)
        #expect(try PEM.certificates(in: carried.pem) == [own])
        let entry = WebhookRegistration.Entry(
            name: "pods.podmint.dev", caBundle: Base64.encode(carried.pem))
        let patch = WebhookRegistration(entries: [entry]).patch(trusting: [own], at: Self.now)
        #expect(try trusted(patch) == [[own]])
        guard case .add(_, let value)? = patch?.operations.last else { return #expect(Bool(false)) }
        #expect(value.string == Base64.encode(Array(own.pem.utf8)))
    }

    @Test func `a bundle does not grow without end`() throws {
        let (others, own) = (try (0..<12).map { try anchor("other \($0)") }, try anchor("own"))
        let kept = try trusted(registration(others).patch(trusting: [own], at: Self.now))
        #expect(kept == [Array(others.suffix(8)) + [own]])
    }

    @Test func `every write is guarded by the entry's name and by the version that was read`() throws {
        let operations = registration([]).patch(trusting: [try anchor("own")], at: Self.now)?.operations ?? []
        #expect(operations.first == .test(["metadata", "resourceVersion"], "1"))
        #expect(operations.dropFirst().first == .test(["webhooks", "0", "name"], "pods.podmint.dev"))
        #expect(operations.count == 3)
    }

    @Test func `what a former leader writes late takes out no anchor that came meanwhile`() throws {
        let (old, new) = (try anchor("old"), try anchor("new"))
        let before: JSONValue = [
            "metadata": ["resourceVersion": "7"],
            "webhooks": [["name": "pods.podmint.dev", "clientConfig": ["url": "https://127.0.0.1"]]],
        ]
        let late = WebhookRegistration(try JSONDocument(before.serialized()).root)
            .patch(trusting: [old], at: Self.now)
        var now = before
        now["metadata"]?["resourceVersion"] = "8"
        now["webhooks"] = [
            [
                "name": "pods.podmint.dev",
                "clientConfig": ["caBundle": .string(Base64.encode(Array((old.pem + new.pem).utf8)))],
            ]
        ]
        #expect(throws: JSONPatchError.self) { try late?.applied(to: now) }
        #expect(try late?.applied(to: before)["webhooks"]?[0]?["clientConfig"]?["caBundle"] != nil)
    }

    @Test func `where nothing of ours is registered nobody is trusted`() throws {
        let own = try anchor("own")
        #expect(!registration([own], name: "pods.example.com").trusts(own))
        #expect(!WebhookRegistration(entries: []).trusts(own))
        #expect(registration([own]).trusts(own))
    }
}

extension String {
    fileprivate func write(toFile path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        return withCString { Glibc.write(file, $0, strlen($0)) } == utf8.count
    }
}
