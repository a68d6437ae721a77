// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import Policies
import Testing

@testable import Admission

struct PolicyReviewerTests {
    private struct Known: PolicyReferences {
        func exists(clusterAuthority name: String) -> Bool? { name == "shared" || name == "serving" }
        func exists(secret name: String, in namespace: String) -> Bool? { name == "there" }
        func exists(configMap name: String, in namespace: String) -> Bool? { nil }
        func rules(ofClusterAuthority name: String) -> [AllowRule]? {
            switch name {
            case "shared": []
            case "serving": Self.serving
            default: nil
            }
        }

        private static let serving: [AllowRule] = {
            let text =
                #"{"metadata": {"name": "serving"}, "spec": {"allow": [{"namespaces": ["shop"], "usages": ["server auth"]}, {"namespaces": ["bank"], "usages": ["client auth"]}]}}"#
            return (try? JSONDocument(text)).flatMap { ClusterAuthority.read($0.root).value?.allow } ?? []
        }()
    }

    private func review(
        _ spec: String, old: String? = nil, kind: String = "TLSPolicy", operation: String = "CREATE",
        labels: NamespaceLabels = .known([:])
    ) throws -> AdmissionResponse {
        func object(_ spec: String) throws -> JSONValue {
            [
                "kind": .string(kind), "apiVersion": "podmint.dev/v1alpha1",
                "metadata": ["name": "web", "namespace": "shop"], "spec": try JSONValue(parsing: spec),
            ]
        }
        let plural = kind == "TLSPolicy" ? "tlspolicies" : "clusterauthorities"
        let review: JSONValue = [
            "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
            "request": [
                "uid": "1", "operation": .string(operation), "namespace": "shop",
                "resource": ["group": "podmint.dev", "version": "v1alpha1", "resource": .string(plural)],
                "object": try object(spec), "oldObject": try old.map(object) ?? .null,
            ],
        ]
        let document = try JSONDocument(review.serialized())
        return PolicyReviewer(references: Known(), labels: labels, cluster: .standard).review(
            try AdmissionRequest(of: document.root))
    }

    private func refusal(_ response: AdmissionResponse) -> Denial? {
        guard case .deny(let denial) = response.verdict else { return nil }
        return denial
    }

    @Test func `lets a good policy pass`() throws {
        for spec in ["{}", #"{"authority": {"clusterAuthority": {"name": "shared"}}}"#] {
            let response = try review(spec)
            #expect(response.isAllowed)
            #expect(response.warnings.isEmpty)
        }
    }

    @Test func `refuses with every fault, what is not in this version among them`() throws {
        let bad =
            #"{"tls": {"subjectAltNames": [{"dns": "${POD}.example"}, {"ip": "1.2.3"}]}, "enrollment": "Pull", "certificate": {"renewBefore": "30h"}}"#
        let denial = try #require(refusal(try review(bad)))
        #expect(
            Set(denial.causes.map(\.field)) == [
                "spec.tls.subjectAltNames[0].dns", "spec.tls.subjectAltNames[1].ip", "spec.enrollment",
                "spec.certificate.renewBefore",
            ])
        #expect(denial.message.hasPrefix("TLSPolicy shop/web has 4 faults:"))
        #expect(denial.message.contains("[NotInThisVersion]"))
    }

    @Test func `refuses an authority's bad rules too`() throws {
        let denial = try #require(
            refusal(
                try review(
                    #"{"allow": [{"namespaces": ["*"], "ips": ["10.0.0.1/8"], "dns": ["*"]}]}"#,
                    kind: "ClusterAuthority")))
        #expect(denial.causes.map(\.field) == ["spec.allow[0].dns[0]", "spec.allow[0].ips[0]"])
    }

    @Test func `refuses names that can never be had, and warns of those that nobody gives now`() throws {
        let denial = try #require(
            refusal(try review(#"{"tls": {"subjectAltNames": [{"uri": "spiffe://example.com/web"}]}}"#)))
        #expect(denial.causes.map(\.field) == ["spec.tls.subjectAltNames[0].uri"])
        #expect(denial.message.contains("[ForbiddenName]"))
        let shared =
            #"{"authority": {"clusterAuthority": {"name": "shared"}}, "tls": {"subjectAltNames": [{"dns": "a.example.com"}]}}"#
        let response = try review(shared)
        #expect(response.isAllowed)
        #expect(response.warnings.first?.hasPrefix("ForbiddenName: TLSPolicy shop/web") == true)
    }

    @Test func `warns of a usage that a rule leaves out`() throws {
        let serving = #"{"authority": {"clusterAuthority": {"name": "serving"}}}"#
        let warnings = try review(serving).warnings
        #expect(warnings.count == 1)
        #expect(
            warnings.first?.hasPrefix("ForbiddenUsage: TLSPolicy shop/web spec.certificate.usages") == true)
        let narrowed =
            #"{"authority": {"clusterAuthority": {"name": "serving"}}, "certificate": {"usages": ["server auth"]}}"#
        #expect(try review(narrowed).warnings.isEmpty)
    }

    @Test func `warns of a rule that gives nothing`() throws {
        let response = try review(
            #"{"allow": [{"namespaces": ["*"], "uris": ["https://a.example/*", "spiffe://a.example/*"]}]}"#,
            kind: "ClusterAuthority")
        #expect(response.isAllowed)
        #expect(response.warnings.count == 1)
        #expect(response.warnings.first?.contains("spec.allow[0].uris[1]") == true)
    }

    /// It may be applied in the next moment; pods wait for it.
    @Test(arguments: [
        (#"{"authority": {"clusterAuthority": {"name": "later"}}}"#, "spec.authority.clusterAuthority.name"),
        (#"{"tls": {"certificate": {"secretName": "later"}}}"#, "spec.tls.certificate.secretName"),
        (
            #"{"tls": {"certificateAuthorities": {"secretName": "later"}}}"#,
            "spec.tls.certificateAuthorities.secretName"
        ),
    ]) func `warns of what is named and not there`(spec: String, field: String) throws {
        let response = try review(spec)
        #expect(response.isAllowed)
        #expect(response.warnings.count == 1)
        #expect(response.warnings.first?.hasPrefix("MissingReference: TLSPolicy shop/web \(field)") == true)
    }

    @Test(arguments: [
        #"{"tls": {"certificate": {"secretName": "there"}}}"#,
        #"{"tls": {"certificateAuthorities": {"configMapName": "x"}}}"#,
    ]) func `says nothing of what is there, or cannot be known`(spec: String) throws {
        #expect(try review(spec).warnings.isEmpty)
    }

    @Test func `an update is judged only where the spec changes`() throws {
        let bad = #"{"enrollment": "Pull"}"#
        #expect(try review(bad, old: bad, operation: "UPDATE").isAllowed)
        #expect(try !review(bad, old: "{}", operation: "UPDATE").isAllowed)
    }

    @Test func `an audited namespace is only told`() throws {
        let response = try review(
            #"{"enrollment": "Pull"}"#, labels: .known(["podmint.dev/injection": "audit"]))
        #expect(response.isAllowed && response.audited == .deny)
        #expect(response.warnings.first?.hasPrefix("NotInThisVersion") == true)
    }

    @Test func `the one called default needs no object`() {
        let catalog = PolicyCatalog()
        #expect(catalog.rules(ofClusterAuthority: "default") == nil)
        defer {
            #expect(catalog.rules(ofClusterAuthority: "default")?.isEmpty == true)
            #expect(catalog.rules(ofClusterAuthority: "other") == nil)
        }
        #expect(catalog.exists(clusterAuthority: "default") == nil)
        catalog.markSynced()
        #expect(catalog.exists(clusterAuthority: "default") == true)
        #expect(catalog.exists(clusterAuthority: "other") == false)
    }
}
