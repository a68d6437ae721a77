// SPDX-License-Identifier: Apache-2.0
import Injection
import JSON
import KubernetesAPI
import OpenSSL
import Policies
import Testing
import Validation

@testable import Admission

struct CertificateReviewTests {
    let maker: SecretMaker
    init() throws { maker = try SecretMaker() }

    static func pods(_ kind: WorkloadKind, _ spec: JSONObject = [:]) throws -> ServedPods {
        let object = WorkloadReviewerTests.workload(
            kind, annotations: ["podmint.dev/inject": "true", "podmint.dev/secret": "web-tls"], spec: spec)
        let document = try JSONDocument(object.serialized())
        let view = try #require(WorkloadView(document.root, kind: kind))
        return ServedPods(of: view, namespace: "shop")
    }

    func judge(
        _ facts: FakeCertificateFacts, _ kind: WorkloadKind = .deployment, _ spec: JSONObject = [:],
        labels: [String: String] = [:]
    ) throws -> CertificateReview.Verdict {
        CertificateReview.forTesting(facts).judge(try Self.pods(kind, spec), .known(labels))
    }

    func facts(_ names: [String], services: [Service], annotations: JSONValue = [:], days: Int64 = 300) throws
        -> FakeCertificateFacts
    {
        FakeCertificateFacts(
            secrets: ["web-tls": try maker.known(names, days: days, annotations: annotations)],
            services: services)
    }

    static let web = FakeCertificateFacts.service("web", selecting: ["app": "web"])

    @Test func `a Service's name must be in the certificate, with or without the cluster's domain`() throws {
        for names in [["web.shop.svc"], ["web.shop.svc.cluster.local"], ["*.shop.svc"]] {
            let verdict = try judge(facts(names, services: [Self.web]))
            #expect(verdict.faults.isEmpty && verdict.warnings.isEmpty && verdict.missing == nil)
        }
        let verdict = try judge(facts(["shop.example.com"], services: [Self.web]))
        #expect(verdict.faults.map(\.code) == [.sanMissing])
        #expect(verdict.faults.first?.found.contains("web.shop.svc is missing") == true)
        #expect(verdict.faults.first?.wanted.contains("Service web selects the pods") == true)
    }

    @Test func `Services of others, aliases and those of other namespaces ask for nothing`() throws {
        let other = FakeCertificateFacts.service("api", selecting: ["app": "api"])
        let alias = Service(
            metadata: RecordMetadata(name: "old", namespace: "shop", uid: "u"), selector: ["app": "web"],
            isExternalName: true)
        let foreign = Service(
            metadata: RecordMetadata(name: "web", namespace: "else", uid: "u"), selector: ["app": "web"])
        let verdict = try judge(facts(["shop.example.com"], services: [other, alias, foreign]))
        #expect(verdict.faults.isEmpty)
    }

    @Test func `every replica of a StatefulSet is looked for, from its first ordinal`() throws {
        let headless = FakeCertificateFacts.service("db", selecting: [:], isHeadless: true)
        let spec: JSONObject = ["serviceName": "db", "replicas": 3, "ordinals": ["start": 5]]
        let verdict = try judge(
            facts(["web-5.db.shop.svc", "web-7.db.shop.svc"], services: [headless]), .statefulSet, spec)
        #expect(verdict.faults.count == 1)
        #expect(verdict.faults.first?.found.contains("web-6.db.shop.svc is missing") == true)
        #expect(try judge(facts(["*.db.shop.svc"], services: [headless]), .statefulSet, spec).faults.isEmpty)
        // Its Service may come after it; one with an address of its own gives the pods no names.
        #expect(try judge(facts(["x.y"], services: []), .statefulSet, spec).faults.count == 3)
        let balanced = FakeCertificateFacts.service("db", selecting: [:])
        #expect(try judge(facts(["x.y"], services: [balanced]), .statefulSet, spec).faults.isEmpty)
    }

    @Test func `a huge StatefulSet costs no more than a large one`() throws {
        let spec: JSONObject = ["serviceName": "db", "replicas": 2_000_000_000]
        let verdict = try judge(facts(["a.b"], services: []), .statefulSet, spec)
        #expect(verdict.faults.count == 20)
        #expect(verdict.faults[0].fix.contains("these 128 names"))
        #expect(verdict.warnings.contains { $0.contains("first 128 pods") })
    }

    @Test func `the mode softens: annotation before label before Enforce`() throws {
        let bad = try facts(["a.b"], services: [Self.web])
        let warned = try judge(bad, labels: ["podmint.dev/validation": "Warn"])
        #expect(warned.faults.isEmpty && warned.warnings.count == 1)
        #expect(warned.warnings[0].contains("web.shop.svc"))
        let annotated = try facts(
            ["a.b"], services: [Self.web], annotations: ["podmint.dev/validation": "Warn"])
        #expect(try judge(annotated).faults.isEmpty)
        let strict = try facts(
            ["a.b"], services: [Self.web], annotations: ["podmint.dev/validation": "Enforce"])
        #expect(try judge(strict, labels: ["podmint.dev/validation": "Off"]).faults.count == 1)
        #expect(try judge(bad, labels: ["podmint.dev/validation": "Off"]).warnings.isEmpty)
    }

    @Test func `what is not known is said, and what is not yet known is asked for again`() throws {
        var facts = FakeCertificateFacts(secrets: ["web-tls": .notReadable], services: [Self.web])
        #expect(try judge(facts).warnings.first?.contains("--allow-namespace shop") == true)
        facts.secrets = [:]
        #expect(try judge(facts).warnings.first?.contains("does not exist yet") == true)
        facts.secrets = ["web-tls": .notYetRead]
        #expect(try judge(facts).missing == "the Secrets of namespace shop")
        facts.services = nil
        #expect(try judge(facts).missing == "the Services of namespace shop")
    }

    @Test func `a policy names the Secret, adds names and says how strict to be`() throws {
        var facts = try facts(["web-0.db.shop.svc", "web.shop.svc"], services: [Self.web])
        func policy(_ validation: String) throws -> TLSPolicy {
            try .fixture(
                validation: validation,
                names: [
                    ["dns": "hulk.example.com"], ["ip": "${POD_IP}"],
                    ["dns": "${POD_NAME}.${POD_NAMESPACE}.example.com"],
                ])
        }
        facts.known = [try policy("Enforce")]
        let object = WorkloadReviewerTests.workload(
            .statefulSet, annotations: ["podmint.dev/inject": "true"],
            spec: ["serviceName": "db", "replicas": 1])
        let document = try JSONDocument(object.serialized())
        let pods = ServedPods(
            of: try #require(WorkloadView(document.root, kind: .statefulSet)), namespace: "shop")
        let strict = CertificateReview.forTesting(facts).judge(pods, .known([:]))
        #expect(
            strict.faults.map(\.wanted) == [
                "the name hulk.example.com (TLSPolicy tr)", "the name web-0.shop.example.com (TLSPolicy tr)",
            ])
        facts.known = [try policy("Warn")]
        let mild = CertificateReview.forTesting(facts).judge(pods, .known([:]))
        #expect(mild.faults.isEmpty && mild.warnings.count == 2)
        facts.known = nil
        #expect(
            CertificateReview.forTesting(facts).judge(pods, .known([:])).missing
                == "the TLSPolicies of namespace shop")
    }

    @Test func `a certificate is looked at whatever its Secret's type`() throws {
        let facts = FakeCertificateFacts(
            secrets: ["web-tls": try maker.known(["a.b"], type: "Opaque")], services: [Self.web])
        #expect(try judge(facts).faults.map(\.code) == [.sanMissing])
    }

    @Test func `an authority's Secret is for a policy to sign with, and serves nobody`() throws {
        var facts = FakeCertificateFacts(
            secrets: ["web-tls": try maker.authority()], services: [Self.web])
        let verdict = try judge(facts)
        #expect(verdict.faults.map(\.code) == [.missingKey])
        #expect(verdict.faults[0].wanted.contains("metadata.annotations[podmint.dev/secret] names it"))
        facts.known = [try .fixture()]
        let object = WorkloadReviewerTests.workload(.deployment)
        let document = try JSONDocument(object.serialized())
        let view = try #require(WorkloadView(document.root, kind: .deployment))
        let signed = CertificateReview.forTesting(facts).judge(
            ServedPods(of: view, namespace: "shop"), .known([:]))
        #expect(signed.faults.isEmpty && signed.warnings.isEmpty)
    }

    @Test func `what a policy does with a Secret follows from what it holds`() throws {
        for type in ["kubernetes.io/tls", "Opaque"] {
            guard case .certificate = try maker.known(["a.b"], type: type).asNamedByPolicy else {
                Issue.record("\(type) is no certificate")
                continue
            }
        }
        guard case .authority = try maker.authority().asNamedByPolicy else {
            Issue.record("ca.key is no authority")
            return
        }
        guard case .authority = SecretKnowledge.absent.asNamedByPolicy else {
            Issue.record("what is to come is no authority")
            return
        }
    }

    @Test func `an expired certificate is told with its Secret`() throws {
        let verdict = try judge(facts(["web.shop.svc"], services: [Self.web], days: -2))
        #expect(verdict.faults.map(\.code) == [.expired])
        #expect(verdict.faults[0].object == "Secret shop/web-tls")
    }
}
