// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import OpenSSL
import Policies
import TestPeers
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
        labels: [String: String] = [:], policies: [TLSPolicy]? = []
    ) throws -> AdmissionAnswer {
        let facts = FakeCertificateFacts(pods: pods, services: [Self.web], known: policies)
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
        let alone = try maker.secret(["web.shop.svc"], algorithm: .ed25519)
        #expect(try codes(answer(alone, old: old, pods: pods)) == ["KeyTypeChanged"])
        // A larger key of the same kind is read by whoever read the smaller.
        let larger = try maker.secret(["web.shop.svc"], algorithm: .ecdsaP384)
        #expect(try answer(larger, old: old, pods: pods).outcome == .allowed)
    }

    @Test func `a Secret that would hold no certificate any more is missed by who serves with it`() throws {
        var old = try maker.secret(["web.shop.svc"])
        old["type"] = "Opaque"
        var new = old
        new["data"] = ["password": "eA=="]
        let pods = [try FakeCertificateFacts.pod(secret: "web-tls")]
        let refused = try answer(new, old: old, pods: pods)
        #expect(try codes(refused) == ["MissingKey"])
        #expect(refused.reason?.contains("tls.crt is taken away, and Deployment web serves with it") == true)
        #expect(try answer(new, old: old, pods: []).outcome == .allowed)
        #expect(try answer(new, old: old, pods: nil).response().at("status", "code") == 503)
        new["metadata"] = [
            "name": "web-tls", "namespace": "shop", "annotations": ["podmint.dev/override": "moved"],
        ]
        #expect(try answer(new, old: old, pods: pods).outcome == .allowed)
        // What never held one is nobody's business.
        #expect(try answer(new, old: new, pods: nil).outcome == .allowed)
    }

    @Test func `an authority that a policy signs with keeps its key, unless that is meant`() throws {
        var old = try maker.authoritySecret()
        var new = old
        new["data"] = ["ca.crt": old["data"]?["ca.crt"] ?? .null]
        let policies = [try TLSPolicy.fixture("tr"), try TLSPolicy.fixture("other", secret: "other-ca")]
        let refused = try answer(new, old: old, pods: [], policies: policies)
        #expect(try codes(refused) == ["MissingKey"])
        #expect(refused.reason?.contains("ca.key is taken away, and TLSPolicy tr signs with it") == true)
        #expect(try answer(new, old: old, pods: [], policies: []).outcome == .allowed)
        #expect(try answer(new, old: old, pods: [], policies: nil).response().at("status", "code") == 503)
        new["metadata"] = [
            "name": "web-tls", "namespace": "shop", "annotations": ["podmint.dev/override": "moved"],
        ]
        #expect(try answer(new, old: old, pods: [], policies: policies).outcome == .allowed)
        // What stands beside a certificate was not signed with, and is to be split.
        old["data"] = try maker.secret(["web.shop.svc"])["data"]
        let split = old
        old["data"]?["ca.key"] = split["data"]?["tls.key"]
        #expect(try answer(split, old: old, pods: [], policies: policies).outcome == .allowed)
        #expect(
            try answer(.null, old: old, operation: "DELETE", pods: [], policies: policies).outcome == .allowed
        )
    }

    /// In a process of its own: there is one secure heap.
    @Test func `the former key is read only where pods serve with its certificate`() async {
        await #expect(processExitsWith: .success) {
            let tests = try SecretUseTests()
            var old = try tests.maker.secret(["web.shop.svc"])
            old["type"] = "Opaque"
            var emptied = old
            emptied["data"] = ["password": "eA=="]
            let authority = try tests.maker.authoritySecret()
            var keyless = authority
            keyless["data"] = ["ca.crt": authority["data"]?["ca.crt"] ?? .null]
            let pods = [try FakeCertificateFacts.pod(secret: "web-tls")]
            let policies = [try TLSPolicy.fixture("tr")]
            ProcessHardening.apply(heapSize: 64 * 1024)
            let filling = FilledHeap()
            let unused = try tests.answer(emptied, old: old, pods: [])
            let used = try tests.answer(emptied, old: old, pods: pods)
            let signing = try tests.answer(keyless, old: authority, pods: [], policies: policies)
            filling.end()
            #expect(unused.outcome == .allowed)
            #expect(try used.response().at("status", "code") == 503)
            #expect(try tests.codes(signing) == ["MissingKey"])
        }
    }

    @Test func `those that merely mount it do not crowd out who serves with it`() throws {
        let mounting = try (0..<200).map {
            try FakeCertificateFacts.pod("a-\($0)", secret: "web-tls", mounted: true)
        }
        let serving = try FakeCertificateFacts.pod("web-7d4b-z", secret: "web-tls")
        let (old, new) = (try maker.secret(["web.shop.svc"]), try maker.secret(["a.b"]))
        #expect(try codes(answer(new, old: old, pods: mounting + [serving])) == ["SANMissing"])
    }

    @Test(
        arguments: [
            // What policies say, the Secret's annotation, the namespace's label, and what becomes of an expired certificate.
            ([], nil, nil, "refused"), (["Warn"], nil, nil, "warned"), (["Off"], nil, nil, "silent"),
            (["Enforce"], nil, nil, "refused"), (["Warn", "Off"], nil, nil, "warned"),
            (["Off", "Enforce"], nil, nil, "refused"), (["Enforce"], nil, "Off", "refused"),
            (["Warn"], nil, "Enforce", "warned"), (["Enforce"], "Warn", nil, "warned"),
            (["Off"], "Enforce", nil, "refused"), ([], nil, "Warn", "warned"),
            ([""], nil, "Warn", "warned"), (["", "Off"], nil, "Warn", "silent"),
        ] as [([String], String?, String?, String)])
    func `the mode: the Secret's annotation, then its policies' strictest, then the namespace's`(
        policies: [String], annotation: String?, label: String?, expected: String
    ) throws {
        let named = try policies.enumerated().map { number, validation in
            try TLSPolicy.fixture("p\(number)", validation: validation.isEmpty ? nil : validation)
        }
        // One of another Secret says nothing here.
        let all = [try TLSPolicy.fixture("other", secret: "other-tls", validation: "Enforce")] + named
        let marks: JSONValue = annotation.map { ["podmint.dev/validation": .string($0)] } ?? [:]
        let labels = label.map { ["podmint.dev/validation": $0] } ?? [:]
        let secret = try maker.secret(["a.b"], days: -1, annotations: marks)
        let answer = try answer(secret, pods: [], labels: labels, policies: all)
        let isSilent = try warnings(answer).isEmpty
        #expect(
            (answer.outcome == .denied ? "refused" : isSilent ? "silent" : "warned") == expected)
        // And so when it is looked at again.
        let facts = FakeCertificateFacts(services: [], known: all)
        let kept = CertificateSecret(try JSONDocument(secret.serialized()).root)!
        let report = CertificateReview.forTesting(facts).standing(
            of: kept, named: "web-tls", in: "shop", .known(labels))
        #expect((report == nil) == (expected == "silent"))
    }

    @Test func `while policies are not known, what one of them may decide is asked for again`() throws {
        func status(_ secret: JSONValue, _ labels: [String: String] = [:]) throws -> JSONValue? {
            try answer(secret, pods: [], labels: labels, policies: nil).response().at("status", "code")
        }
        let bad = try maker.secret(["a.b"], days: -1)
        #expect(try status(bad) == 503)
        #expect(try status(bad, ["podmint.dev/validation": "Off"]) == 503)
        // Nothing that a policy says changes these.
        #expect(try status(maker.secret(["a.b"])) == nil)
        let strict = try maker.secret(["a.b"], days: -1, annotations: ["podmint.dev/validation": "Enforce"])
        #expect(try status(strict) == 422)
        let silent = try maker.secret(["a.b"], days: -1, annotations: ["podmint.dev/validation": "Off"])
        #expect(try status(silent) == nil)
        #expect(try status(bad, ["podmint.dev/injection": "audit"]) == nil)
        let managed = try maker.secret(["a.b"], days: -1, annotations: ["cert-manager.io/issuer-name": "x"])
        #expect(try status(managed) == nil)
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
            #expect(answer.outcome == (labels["podmint.dev/injection"] == nil ? .allowed : .wouldDeny))
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
        // A whole collection is deleted without a name in the request.
        let review: JSONValue = [
            "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
            "request": [
                "uid": "1", "operation": "DELETE", "namespace": "shop",
                "resource": ["group": "", "version": "v1", "resource": "secrets"], "oldObject": old,
            ],
        ]
        let facts = FakeCertificateFacts(pods: pods, services: [Self.web])
        let swept = try AdmissionReviewer.forTesting(["shop": [:]], facts).answer(.validateSecrets, review)
        #expect(try warnings(swept) == warnings(used))
        for pods in [nil, []] as [[PodUse]?] {
            let unused = try answer(.null, old: old, operation: "DELETE", pods: pods)
            #expect(try unused.outcome == .allowed && warnings(unused).isEmpty)
        }
    }
}
