// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import OpenSSL
import Testing
import Validation

@testable import Admission

/// Secrets that pods use now.
struct SecretUseTests {
    let maker: SecretMaker
    init() throws { maker = try SecretMaker() }

    static let web = FakeCertificateFacts.service("web", selecting: ["app": "web"])

    func answer(
        _ object: JSONValue, old: JSONValue = .null, operation: String? = nil, pods: [PodUse]?,
        labels: [String: String] = [:]
    ) throws -> AdmissionAnswer {
        let facts = FakeCertificateFacts(pods: pods, services: [Self.web])
        return try AdmissionReviewer.forTesting(["shop": labels], facts).answer(
            .validateSecrets, .secrets, object, old: old,
            operation: operation ?? (old.isNull ? "CREATE" : "UPDATE"))
    }

    func codes(_ answer: AdmissionAnswer) throws -> [String] {
        (try answer.response().at("status", "details", "causes")?.array ?? []).compactMap {
            $0["reason"]?.string
        }
    }

    func warnings(_ answer: AdmissionAnswer) throws -> [String] {
        (try answer.response()["warnings"]?.array ?? []).compactMap(\.string)
    }

    @Test func `an update that takes away a name that pods serve is refused, with the name and the users`()
        throws
    {
        let (old, new) = (try maker.secret(["web.shop.svc", "a.b"]), try maker.secret(["a.b"]))
        let refused = try answer(new, old: old, pods: [FakeCertificateFacts.pod(secret: "web-tls")])
        #expect(try codes(refused) == ["SANMissing"])
        #expect(
            refused.reason?.contains("no longer has web.shop.svc, by which Deployment web is reached") == true
        )
        // Nobody serves with it: nobody misses the name.
        #expect(try answer(new, old: old, pods: []).outcome == .allowed)
        #expect(
            try answer(new, old: old, pods: [FakeCertificateFacts.pod(secret: "web-tls", mounted: true)])
                .outcome == .allowed)
        // What was missing before is not lost.
        #expect(
            try answer(maker.secret(["c.d"]), old: new, pods: [FakeCertificateFacts.pod(secret: "web-tls")])
                .outcome == .allowed)
    }

    @Test func `other losses are told too, and a good renewal passes`() throws {
        let pods = [try FakeCertificateFacts.pod(secret: "web-tls")]
        let old = try maker.secret(["web.shop.svc"])
        #expect(try answer(maker.secret(["web.shop.svc"]), old: old, pods: pods).outcome == .allowed)
        let other = try maker.secret(["web.shop.svc"], algorithm: .ed25519, withAuthority: false)
        #expect(try codes(answer(other, old: old, pods: pods)) == ["KeyTypeChanged", "MissingKey"])
    }

    @Test func `a reason overrides, an empty one does not`() throws {
        let pods = [try FakeCertificateFacts.pod(secret: "web-tls")]
        let old = try maker.secret(["web.shop.svc"])
        let blank = try maker.secret(["a.b"], annotations: ["podmint.dev/override": " "])
        #expect(try answer(blank, old: old, pods: pods).outcome == .denied)
        let meant = try maker.secret(["a.b"], annotations: ["podmint.dev/override": "moving to another name"])
        let allowed = try answer(meant, old: old, pods: pods)
        #expect(allowed.outcome == .allowed)
        #expect(try warnings(allowed).contains { $0.hasPrefix("podmint.dev/override is obeyed") })
        #expect(try warnings(allowed).contains { $0.hasPrefix("SANMissing") && $0.contains("web.shop.svc") })
        // It overrides the loss, not what is wrong with the certificate itself.
        let expired = try maker.secret(["a.b"], days: -1, annotations: ["podmint.dev/override": "x"])
        #expect(try codes(answer(expired, old: old, pods: pods)) == ["Expired"])
    }

    @Test func `Warn warns, audit warns, Off is silent`() throws {
        let pods = [try FakeCertificateFacts.pod(secret: "web-tls")]
        let (old, new) = (try maker.secret(["web.shop.svc"]), try maker.secret(["a.b"]))
        for labels in [["podmint.dev/validation": "Warn"], ["podmint.dev/injection": "audit"]] {
            let answer = try answer(new, old: old, pods: pods, labels: labels)
            #expect(answer.outcome == .allowed)
            #expect(try warnings(answer).contains { $0.contains("web.shop.svc") })
        }
        let off = try answer(new, old: old, pods: pods, labels: ["podmint.dev/validation": "Off"])
        #expect(off.outcome == .allowed)
        #expect(try warnings(off).isEmpty)
    }

    @Test func `a new Secret must have the names that pods wait for`() throws {
        let pods = [try FakeCertificateFacts.pod(secret: "web-tls")]
        #expect(try codes(answer(maker.secret(["a.b"]), pods: pods)) == ["SANMissing"])
        #expect(try answer(maker.secret(["web.shop.svc"]), pods: pods).outcome == .allowed)
    }

    @Test func `while nobody knows who uses it, the answer is to ask again`() throws {
        let answer = try answer(maker.secret(["a.b"]), pods: nil)
        #expect(answer.outcome == .denied)
        let status = try answer.response()["status"]
        #expect(status?["code"] == 503 && status?.at("details", "retryAfterSeconds") == 1)
        #expect(answer.reason?.contains("try again") == true)
    }

    @Test func `deletion passes, and names who would miss it`() throws {
        let old = try maker.secret(["web.shop.svc"])
        let pods = [
            try FakeCertificateFacts.pod(secret: "web-tls"),
            try FakeCertificateFacts.pod("web-7d4b-y", secret: "web-tls", mounted: true),
        ]
        let used = try answer(.null, old: old, operation: "DELETE", pods: pods)
        #expect(used.outcome == .allowed)
        #expect(
            try warnings(used) == [
                "Secret shop/web-tls: 2 pods use it (Deployment web); new ones will not start without it"
            ])
        for pods in [nil, []] as [[PodUse]?] {
            let unused = try answer(.null, old: old, operation: "DELETE", pods: pods)
            #expect(try unused.outcome == .allowed && warnings(unused).isEmpty)
        }
    }
}
