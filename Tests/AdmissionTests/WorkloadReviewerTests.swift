// SPDX-License-Identifier: Apache-2.0
import Injection
import JSON
import KubernetesAPI
import OpenSSL
import Policies
import Synchronization
import Testing
import Validation

@testable import Admission

struct WorkloadReviewerTests {
    static func workload(
        _ kind: WorkloadKind, annotations: JSONValue = ["podmint.dev/inject": "true"], spec: JSONObject = [:],
        metadata: JSONObject = ["name": "web"]
    ) -> JSONValue {
        let template: JSONValue = [
            "metadata": ["labels": ["app": "web"], "annotations": annotations],
            "spec": ["containers": [["name": "app", "image": "a"]]],
        ]
        var spec = spec
        if kind == .cronJob {
            spec["jobTemplate"] = ["spec": ["template": template]]
        } else {
            spec["template"] = template
        }
        return ["kind": .string(kind.rawValue), "metadata": .object(metadata), "spec": .object(spec)]
    }

    func answer(
        _ object: JSONValue, _ kind: WorkloadKind = .deployment,
        facts: FakeCertificateFacts = FakeCertificateFacts(),
        labels: [String: String] = ["podmint.dev/injection": "enabled"], old: JSONValue = .null
    ) throws -> AdmissionAnswer {
        try AdmissionReviewer.forTesting(["shop": labels], facts).answer(
            .validateWorkloads, kind.resource, object, old: old, operation: old.isNull ? "CREATE" : "UPDATE")
    }

    @Test(arguments: WorkloadKind.allCases)
    func `every kind hears of every fault in its template, at the apply`(kind: WorkloadKind) throws {
        let good = try answer(Self.workload(kind), kind)
        #expect(good.outcome == .allowed)
        let bad = Self.workload(
            kind,
            annotations: [
                "podmint.dev/inject": "true", "podmint.dev/sanz": "x", "podmint.dev/duration": "1y",
            ])
        let refused = try answer(bad, kind)
        #expect(refused.outcome == .denied)
        let causes = try refused.response().at("status", "details", "causes")?.array ?? []
        #expect(
            causes.compactMap { $0["reason"]?.string }.sorted() == ["InvalidAnnotation", "UnknownAnnotation"])
        #expect(
            causes.allSatisfy {
                $0["field"]?.string?.hasPrefix("\(kind.templatePath).metadata.annotations") == true
            })
        #expect(refused.reason?.contains("\(kind.rawValue) web in namespace shop has 2 faults") == true)
    }

    @Test func `a template of no concern, one of a controller, and an update that leaves it alone pass`()
        throws
    {
        let bad: JSONValue = ["podmint.dev/inject": "perhaps"]
        #expect(try answer(Self.workload(.deployment, annotations: ["other": "x"])).outcome == .allowed)
        let controlled: JSONObject = [
            "name": "web-1", "ownerReferences": [["kind": "Deployment", "name": "web", "controller": true]],
        ]
        #expect(
            try answer(Self.workload(.replicaSet, annotations: bad, metadata: controlled), .replicaSet)
                .outcome == .allowed)
        let before = Self.workload(.deployment, annotations: bad, spec: ["replicas": 1])
        let after = Self.workload(.deployment, annotations: bad, spec: ["replicas": 5])
        #expect(try answer(after, old: before).outcome == .allowed)
        #expect(try answer(after).outcome == .denied)
        let audited = try answer(after, labels: ["podmint.dev/injection": "audit"])
        #expect(audited.outcome == .wouldDeny && audited.status == 200)
        #expect(audited.reason?.contains("would refuse") == true)
    }

    @Test func `a template that only a policy's selector finds is judged as well`() throws {
        let maker = try SecretMaker()
        let facts = FakeCertificateFacts(
            secrets: ["web-tls": try maker.known(["a.b"])], services: [CertificateReviewTests.web],
            known: [try .fixture()])
        let plain = Self.workload(.deployment, annotations: [:])
        let policies = ["podmint.dev/injection": "policies"]
        let refused = try answer(plain, facts: facts, labels: policies)
        #expect(refused.outcome == .denied)
        #expect(refused.reason?.contains("web.shop.svc is missing") == true)
        // Elsewhere policies select nobody who does not ask.
        #expect(try answer(plain, facts: facts).outcome == .allowed)
        var others = FakeCertificateFacts(services: [CertificateReviewTests.web])
        #expect(try answer(plain, facts: others, labels: policies).outcome == .allowed)
        others.known = nil
        #expect(try answer(plain, facts: others, labels: policies).outcome == .allowed)
    }

    @Test
    func
        `where the namespace is not known, a template without an annotation was sent by a selecting policy's entry`()
        throws
    {
        let facts = FakeCertificateFacts(
            secrets: ["web-tls": try SecretMaker().known(["a.b"])], services: [CertificateReviewTests.web],
            known: [try .fixture()])
        let plain = Self.workload(.deployment, annotations: [:])
        func status(knowsNamespaces: Bool, old: JSONValue = .null) throws -> JSONValue? {
            let reviewer = AdmissionReviewer.forTesting([:], facts, knowsNamespaces: knowsNamespaces)
            return try reviewer.answer(
                .validateWorkloads, WorkloadKind.deployment.resource, plain, old: old,
                operation: old.isNull ? "CREATE" : "UPDATE"
            ).response().at("status", "code")
        }
        #expect(try status(knowsNamespaces: true) == 422)
        #expect(try status(knowsNamespaces: false) == 503)
        // What leaves the pods as they were waits for nobody.
        #expect(try status(knowsNamespaces: false, old: plain) == nil)
    }

    /// The clock is in the text of a fault, and so is the number of names that are missing.
    @Test func `a fault that was there before is forgiven, however it is worded now`() throws {
        let maker = try SecretMaker()
        let seconds = Mutex(CertificateReview.now.secondsSinceEpoch)
        let facts = FakeCertificateFacts(
            secrets: ["web-tls": try maker.known(["a.b"], days: -1)], services: [CertificateReviewTests.web])
        let reviewer = AdmissionReviewer(
            injection: { InjectionContext(agentImage: "agent:1", server: "https://podmint:8444") },
            facts: StaticFacts(namespaces: ["shop": ["podmint.dev/injection": "enabled"]]),
            certificates: CertificateReview(
                facts: facts, clusterDomain: "cluster.local", trustDomain: "cluster.local",
                clock: {
                    Timestamp(
                        secondsSinceEpoch: seconds.withLock {
                            $0 += 1
                            return $0
                        })
                }), references: PolicyCatalog())
        let marks: JSONObject = ["podmint.dev/inject": "true", "podmint.dev/secret": "web-tls"]
        var (before, after) = (marks, marks)
        before["podmint.dev/sans"] = "c.d"
        after["podmint.dev/containers"] = "app"
        let old = Self.workload(.deployment, annotations: .object(before))
        let new = Self.workload(.deployment, annotations: .object(after))
        let update = try reviewer.answer(
            .validateWorkloads, WorkloadKind.deployment.resource, new, old: old, operation: "UPDATE")
        #expect(update.outcome == .allowed)
        let warnings = try update.response()["warnings"]?.array?.compactMap(\.string) ?? []
        #expect(warnings.count == 2)
        #expect(warnings.contains { $0.hasPrefix("Expired") })
        // A name more is a fault more.
        let worse = try reviewer.answer(
            .validateWorkloads, WorkloadKind.deployment.resource, old, old: new, operation: "UPDATE")
        #expect(worse.outcome == .denied)
        #expect(worse.reason?.contains("c.d is missing") == true)
        #expect(worse.reason?.contains("Expired") == false)
    }

    @Test func `a body for another resource is one that this version does not know`() throws {
        let reviewer = AdmissionReviewer.forTesting()
        #expect(try reviewer.answer(.validateWorkloads, .pods, [:]).outcome == .unknown)
    }
}
