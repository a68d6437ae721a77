// SPDX-License-Identifier: Apache-2.0
import Buffers
import JSON
import KubernetesAPI
import Policies
import Testing

@testable import Admission

struct AdmissionReviewerTests {
    let reviewer = AdmissionReviewer.forTesting(["t1": ["podmint.dev/injection": "enabled"]])

    @Test(arguments: AdmissionSample.allCases)
    func `answers what an API server sent with its uid, in v1, and allows what asks for nothing`(
        sample: AdmissionSample
    ) throws {
        let review = try sample.review()
        let endpoint = sample.rawValue.hasPrefix("secret") ? AdmissionEndpoint.validateSecrets : .mutatePods
        let answer = try reviewer.answer(endpoint, sample.bytes)
        let resource = review["request"]?["resource"]?["resource"]?.string
        #expect(answer.status == 200)
        let written = try JSONValue(parsing: answer.body)
        #expect(written["kind"] == "AdmissionReview")
        #expect(written["apiVersion"] == "admission.k8s.io/v1")
        #expect(written["response"]?["uid"] == review["request"]?["uid"])
        #expect(written["response"]?["allowed"] == true)
        #expect(written["response"]?["patch"] == nil && written["response"]?["patchType"] == nil)
        let isKnown = resource == "pods" || resource == "secrets"
        #expect(answer.outcome == (isKnown ? .allowed : .unknown))
        #expect((written["response"]?["warnings"] == nil) == isKnown)
    }

    @Test func `what only another version serves is allowed, with a warning that names it`() throws {
        let sample = AdmissionSample.deployment
        let kind = try reviewer.answer(.validateSecrets, sample.bytes)
        #expect(kind.outcome == .unknown && kind.status == 200)
        #expect(kind.reason?.contains("is about deployments.apps (v1)") == true)
        let body = ByteBuffer(sample.bytes)
        let parser = try JSONParser()
        let path = try #require(
            AdmissionReviewer.answer(unknownPath: "/validate/gateways", body, parser: parser))
        let response = try JSONValue(parsing: path.body)["response"]
        #expect(path.outcome == .unknown && response?["allowed"] == true)
        #expect(try response?["uid"] == sample.review()["request"]?["uid"])
        #expect(response?["warnings"]?[0]?.string?.contains("path /validate/gateways is not served") == true)
        for hostile in ["", "{}", "x"] {
            let body = ByteBuffer(Array(hostile.utf8))
            #expect(AdmissionReviewer.answer(unknownPath: "/mutate/x", body, parser: parser) == nil)
        }
    }

    @Test(arguments: [true, false])
    func `until namespaces are known what would change comes again later`(isAnnotated: Bool) throws {
        var review = try AdmissionSample.podByKubectl.review()
        if isAnnotated {
            review["request"]?["object"]?["metadata"]?["annotations"]?["podmint.dev/inject"] = "true"
        }
        let starting = AdmissionReviewer.forTesting(policies: PolicyCatalog(), knowsNamespaces: false)
        let answer = try starting.answer(.mutatePods, review)
        #expect(answer.outcome == .denied)
        #expect(answer.reason?.contains("does not know namespace t1 yet") == true)
        #expect(try answer.response()["status"]?["code"] == 503)
        #expect(try answer.response()["status"]?["details"]?["retryAfterSeconds"] == 1)
        #expect(try starting.answer(.validatePods, AdmissionSample.podByKubectl.bytes).outcome == .allowed)
    }

    @Test func `until namespaces are known a Secret that is refused comes again later, a good one passes`()
        throws
    {
        let starting = AdmissionReviewer.forTesting(knowsNamespaces: false)
        #expect(try starting.answer(.validateSecrets, AdmissionSample.secret.bytes).outcome == .allowed)
        var review = try AdmissionSample.secret.review()
        review["request"]?["object"]?["type"] = "kubernetes.io/tls"
        review["request"]?["object"]?["data"] = ["tls.crt": "bm90aGluZw==", "tls.key": "bm90aGluZw=="]
        #expect(
            try starting.answer(.validateSecrets, review).reason?.contains("does not know namespace") == true)
        #expect(try reviewer.answer(.validateSecrets, review).reason?.contains("MalformedPEM") == true)
    }

    @Test func `names what has no name yet by the start of one`() throws {
        #expect(
            try reviewer.answer(.mutatePods, AdmissionSample.podByReplicaSet.bytes).name == "d1-59fb76d54b-…")
        #expect(try reviewer.answer(.mutatePods, AdmissionSample.podByKubectl.bytes).name == "p1")
        #expect(try reviewer.answer(.mutatePods, AdmissionSample.podDelete.bytes).name == "p4")
    }

    @Test func `hands secrets on, and says which were only tried`() throws {
        let answer = try reviewer.answer(.validateSecrets, AdmissionSample.secretDryRun.bytes)
        #expect(answer.isDryRun)
        let empty: JSONValue = ["type": "kubernetes.io/tls", "metadata": ["name": "x"], "data": [:]]
        #expect(try reviewer.answer(.validateSecrets, .secrets, empty).reason?.contains("MissingKey") == true)
    }

    static let hostile: [(String, String)] = [
        ("", "no JSON"), ("{", "no JSON"), ("null", "JSON null"), ("[]", "JSON array"),
        ("\"x\"", "JSON string"),
        ("{}", "kind is missing"), (#"{"kind":"Review"}"#, "kind is \"Review\""),
        (#"{"kind":1}"#, "kind is a JSON integer"),
        (#"{"kind":"AdmissionReview"}"#, "apiVersion is missing"),
        (#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1","request":{}}"#, "v1beta1"),
        (#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}"#, "request is missing"),
        (
            #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":null}"#,
            "request is a JSON null"
        ),
        (
            #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":[]}"#,
            "request is a JSON array"
        ),
        (#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{}}"#, "uid is missing"),
        (
            #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":""}}"#,
            "uid is \"\""
        ),
        (
            #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u"}}"#,
            "operation is missing"
        ),
        (
            #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","operation":"MAKE"}}"#,
            "MAKE"
        ),
        (
            #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","operation":"CREATE"}}"#,
            "resource is missing"
        ),
        (
            #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","operation":"CREATE","resource":{"version":"v1","resource":"pods"}}}"#,
            "object is null"
        ),
        (
            #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","operation":"CREATE","resource":{"version":"v1","resource":"pods"},"object":[]}}"#,
            "object is a JSON array"
        ),
        (String(repeating: "[", count: 100_000), "no JSON"),
        (#"{"kind":"AdmissionReview","kind":"#, "no JSON"),
    ]

    @Test(arguments: hostile) func `answers 400 to what no API server sends, saying what is wrong`(
        body: String, reason: String
    ) throws {
        let answer = try reviewer.answer(.mutatePods, Array(body.utf8))
        #expect(answer.status == 400)
        #expect(answer.outcome == .malformed)
        #expect(answer.reason?.contains(reason) == true, "\(answer.reason ?? "")")
    }

    /// Each endpoint with a review of its own kind, where there is something to decide.
    private func mutable() throws -> [(AdmissionEndpoint, [UInt8])] {
        let pod = try AdmissionSample.podByKubectl.annotated(["podmint.dev/inject": "true"])
        var injected = pod
        injected["request"]?["object"] = try reviewer.answer(.mutatePods, pod).patch().applied(
            to: pod["request"]?["object"] ?? .null)
        var deployment = try AdmissionSample.deployment.review()
        deployment["request"]?["object"]?["spec"]?["template"]?["metadata"]?["annotations"] = [
            "podmint.dev/inject": "true", "podmint.dev/secret": "web-tls",
        ]
        var secret = try AdmissionSample.secret.review()
        secret["request"]?["object"]?["data"] = try SecretMaker().secret(["web.shop.svc"])["data"]
        var policy = try AdmissionSample.secret.review()
        policy["request"]?["resource"] = [
            "group": "podmint.dev", "version": "v1alpha1", "resource": "tlspolicies",
        ]
        policy["request"]?["object"] = [
            "metadata": ["name": "web", "namespace": "shop"],
            "spec": [
                "selector": ["matchLabels": ["app": "web"]],
                "tls": [
                    "certificate": ["secretName": "web-tls"],
                    "subjectAltNames": [["ip": "192.0.2.1"], ["dns": "${POD_NAME}.example.com"]],
                ],
                "certificate": ["duration": "2h", "usages": ["server auth"], "commonName": "${POD_NAME}"],
                "mount": ["path": "/etc/certs", "files": ["key": "node.key"]], "enrollment": "Push",
            ],
        ]
        return [
            (.mutatePods, pod.serialized()), (.validatePods, injected.serialized()),
            (.validateSecrets, secret.serialized()), (.validateWorkloads, deployment.serialized()),
            (.validatePolicies, policy.serialized()),
        ]
    }

    @Test func `the reviews that are to be damaged are good ones`() throws {
        for (endpoint, bytes) in try mutable() {
            let answer = try reviewer.answer(endpoint, bytes)
            #expect(answer.status == 200 && answer.reason == nil, "\(endpoint): \(answer.reason ?? "")")
        }
    }

    /// Mutations of real reviews: whatever comes in, an answer comes out, and a patch applies to what it was made for.
    @Test(arguments: UInt64(0)..<40) func `never falls over a damaged review`(seed: UInt64) throws {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let originals = try mutable()
        for round in 0..<100 {
            let (endpoint, original) = originals[round % originals.count]
            var bytes = original
            for _ in 0...random(3) {
                switch random(4) {
                case 0: bytes[random(bytes.count)] = UInt8(random(256))
                case 1: bytes.removeSubrange(random(bytes.count)...)
                case 2:
                    bytes.insert(
                        contentsOf: original[random(200)..<(200 + random(400))], at: random(bytes.count))
                default: Self.swapValues(in: &bytes, random)
                }
                if bytes.isEmpty { bytes = [0x7B] }
            }
            let answer = try reviewer.answer(endpoint, bytes)
            #expect([200, 400].contains(answer.status))
            guard answer.outcome == .patched, let review = try? JSONValue(parsing: bytes),
                let pod = review["request"]?["object"]
            else { continue }
            #expect(throws: Never.self) { try answer.patch().applied(to: pod) }
        }
    }

    /// Puts a value of another type where one stood, which keeps the text JSON.
    private static func swapValues(in bytes: inout [UInt8], _ random: (Int) -> Int) {
        let colons = bytes.indices.filter { bytes[$0] == UInt8(ascii: ":") }
        guard !colons.isEmpty else { return }
        let start = colons[random(colons.count)] + 1
        guard let end = bytes[start...].firstIndex(where: { ",}]".utf8.contains($0) }) else { return }
        let values = ["null", "[]", "{}", "1", "\"x\"", "true", "[[]]", "{\"name\":1}"]
        bytes.replaceSubrange(start..<end, with: values[random(values.count)].utf8)
    }

    @Test func `takes a review of 2.8 MB, as of a secret of 1 MiB`() throws {
        var review = try AdmissionSample.podByKubectl.annotated(["podmint.dev/inject": "true"])
        review["request"]?["oldObject"] = ["data": .string(String(repeating: "A", count: 1_400_000))]
        review["request"]?["object"]?["metadata"]?["annotations"]?["big"] = .string(
            String(repeating: "B", count: 1_400_000))
        let answer = try reviewer.answer(.mutatePods, review)
        #expect(answer.outcome == .patched)
        #expect(answer.body.count < 16_384)
    }
}
