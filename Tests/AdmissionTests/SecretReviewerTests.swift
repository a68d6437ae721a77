// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import OpenSSL
import TestPeers
import Testing
import Validation

@testable import Admission

struct SecretReviewerTests {
    static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
    let reviewer = SecretReviewer(certificates: .forTesting())

    /// A Secret whose certificate ends so many days from now, with a key that is its own or not.
    static func secret(
        days: Int64 = 300, ownKey: Bool = true, metadata: JSONObject = [:], type: String = "kubernetes.io/tls"
    ) throws -> JSONValue {
        let made = try CertificateIssuer.selfSigned(
            commonName: "web", algorithm: .ecdsaP256, notBefore: now.secondsSinceEpoch - 400 * 86_400,
            notAfter: now.secondsSinceEpoch + days * 86_400)
        let key = ownKey ? made.key : try PrivateKey.generate(.ecdsaP256)
        return secret(
            made.certificate.pem, key.withPEM { String(decoding: $0, as: UTF8.self) }, metadata: metadata,
            type: type)
    }

    static func secret(
        _ certificate: String, _ key: String, metadata: JSONObject = [:], type: String = "kubernetes.io/tls"
    ) -> JSONValue {
        var metadata = metadata
        metadata["name"] = "web-tls"
        return [
            "kind": "Secret", "type": .string(type), "metadata": .object(metadata),
            "data": [
                "tls.crt": .string(Base64.encode(Array(certificate.utf8))),
                "tls.key": .string(Base64.encode(Array(key.utf8))),
            ],
        ]
    }

    func review(
        _ object: JSONValue, old: JSONValue = .null, operation: String = "CREATE",
        labels: NamespaceLabels = .known([:])
    ) throws -> AdmissionResponse {
        let review: JSONValue = [
            "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
            "request": [
                "uid": "1", "operation": .string(operation), "namespace": "shop",
                "resource": ["group": "", "version": "v1", "resource": "secrets"], "object": object,
                "oldObject": old,
            ],
        ]
        let document = try JSONDocument(review.serialized())
        return reviewer.review(try AdmissionRequest(of: document.root), labels)
    }

    func refusal(_ response: AdmissionResponse) -> Denial? {
        guard case .deny(let denial) = response.verdict else { return nil }
        return denial
    }

    @Test func `a good Secret passes without a word`() throws {
        let response = try review(Self.secret())
        #expect(response.isAllowed && response.warnings.isEmpty)
    }

    @Test func `a bad one is refused with every fault, in text and as causes`() throws {
        let denial = try #require(refusal(try review(Self.secret(days: -2, ownKey: false))))
        #expect(denial.code == 422 && denial.reason == "BadRequest")
        #expect(denial.causes.map(\.code) == ["KeyMismatch", "Expired"])
        #expect(denial.causes.map(\.field) == ["data[tls.key]", "data[tls.crt]"])
        #expect(denial.message.contains("Secret shop/web-tls has 2 faults:"))
        #expect(denial.message.contains("[KeyMismatch]") && denial.message.contains("[Expired]"))
    }

    @Test func `a warning alone does not refuse`() throws {
        let response = try review(Self.secret(days: 10))
        #expect(response.isAllowed)
        #expect(response.warnings.count == 1 && response.warnings[0].hasPrefix("ExpiresSoon: "))
    }

    @Test(
        arguments: [
            ([:], ["podmint.dev/validation": "Warn"]),
            (["annotations": ["podmint.dev/validation": "Warn"]], [:]),
            (["annotations": ["cert-manager.io/issuer-name": "x"]], [:]),
            ([:], ["podmint.dev/injection": "audit"]),
            (["ownerReferences": [["kind": "Elasticsearch", "name": "es", "controller": true]]], [:]),
        ] as [(JSONObject, [String: String])])
    func `where nothing may be refused, faults are short warnings`(
        metadata: JSONObject, labels: [String: String]
    ) throws {
        let response = try review(
            Self.secret(days: -2, ownKey: false, metadata: metadata), labels: .known(labels))
        #expect(response.isAllowed)
        #expect(response.warnings.count == 2)
        #expect(response.warnings.allSatisfy { $0.count <= 120 })
        let isAudited = labels["podmint.dev/injection"] == "audit"
        #expect(response.audited == (isAudited ? .deny : nil))
    }

    @Test func `what audit says nothing about would not have been refused`() throws {
        let audit = NamespaceLabels.known(["podmint.dev/injection": "audit"])
        #expect(try review(Self.secret(days: 10), labels: audit).audited == nil)
        let owned: JSONObject = ["ownerReferences": [["kind": "X", "name": "x", "controller": true]]]
        #expect(try review(Self.secret(days: -2, metadata: owned), labels: audit).audited == nil)
    }

    @Test func `off is silent`() throws {
        let response = try review(
            Self.secret(days: -2), labels: .known(["podmint.dev/validation": "Off"]))
        #expect(response.isAllowed && response.warnings.isEmpty)
    }

    /// In a process of its own: there is one secure heap.
    @Test func `while locked memory is full nobody calls a key broken`() async {
        await #expect(processExitsWith: .success) {
            let tests = SecretReviewerTests()
            let secret = try SecretReviewerTests.secret()
            ProcessHardening.apply(heapSize: 64 * 1024)
            let filling = FilledHeap()
            let refused = try tests.review(secret)
            let warned = try tests.review(secret, labels: .known(["podmint.dev/validation": "Warn"]))
            filling.end()
            let denial = try #require(tests.refusal(refused))
            #expect(denial.code == 503 && denial.message.contains("locked memory is full"))
            #expect(warned.isAllowed && warned.warnings.isEmpty)
            let later = try tests.review(secret)
            #expect(later.isAllowed)
        }
    }

    /// As above.
    @Test func `while locked memory is full what is certainly wrong is refused at once`() async {
        await #expect(processExitsWith: .success) {
            let tests = SecretReviewerTests()
            let expired = try SecretReviewerTests.secret(days: -2)
            // Its own certificate is good, and only its key says which one that is.
            var authority = try SecretMaker().authoritySecret()
            let own = try #require(authority.at("data", "ca.crt")?.string.flatMap(Base64.decode))
            let old = try #require(expired.at("data", "tls.crt")?.string.flatMap(Base64.decode))
            authority["data"]?["ca.crt"] = .string(Base64.encode(old + own))
            ProcessHardening.apply(heapSize: 64 * 1024)
            let filling = FilledHeap()
            let refused = try tests.review(expired)
            let open = try tests.review(authority)
            filling.end()
            let denial = try #require(tests.refusal(refused))
            #expect(denial.code == 422 && denial.causes.map(\.code) == ["Expired"])
            #expect(tests.refusal(open)?.code == 503)
            let later = try tests.review(authority)
            #expect(tests.refusal(later)?.causes.contains { $0.code == "Expired" } != true)
        }
    }

    @Test func `unknown labels of a namespace do not soften the answer`() throws {
        #expect(try refusal(review(Self.secret(days: -2), labels: .notYetSynced)) != nil)
    }

    @Test func `deletion, unchanged material, placeholders and other Secrets pass`() throws {
        let bad = try Self.secret(days: -2, ownKey: false)
        var labelled = bad
        labelled["metadata"] = ["name": "web-tls", "labels": ["a": "b"]]
        #expect(try review(.null, old: bad, operation: "DELETE").isAllowed)
        #expect(try review(labelled, old: bad, operation: "UPDATE").isAllowed)
        #expect(try !review(bad, old: Self.secret(), operation: "UPDATE").isAllowed)
        let managed: JSONObject = ["annotations": ["cert-manager.io/certificate-name": "web"]]
        let placeholder = try review(Self.secret("", "", metadata: managed))
        #expect(placeholder.isAllowed && placeholder.warnings.isEmpty)
        #expect(try !review(Self.secret("", "")).isAllowed)
        #expect(
            try review(["type": "Opaque", "metadata": ["name": "x"], "data": ["ca.crt": "eA=="]]).isAllowed)
    }
}
