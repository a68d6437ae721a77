// SPDX-License-Identifier: Apache-2.0
import Buffers
import Glibc
import Injection
import JSON
import KubernetesAPI
import OpenSSL
import Policies

@testable import Admission

/// AdmissionReviews that a kube-apiserver 1.36.2 sent, byte for byte, and what one does with them.
enum AdmissionSample: String, CaseIterable, Sendable {
    case deployment = "deployment-create"
    case namespace = "namespace-create"
    case podByReplicaSet = "pod-create-by-replicaset"
    case podByKubectl = "pod-create-kubectl-apply"
    case podDelete = "pod-delete"
    case ephemeralContainers = "pod-update-ephemeralcontainers"
    case podCertificateRequest = "podcertificaterequest-create"
    case secretDryRun = "secret-create-dryrun"
    case secretStringData = "secret-create-stringdata"
    case secret = "secret-create"

    var bytes: [UInt8] {
        let folder = #filePath.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        guard let file = fopen("\(folder)/Samples/\(rawValue).json", "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }

    func review() throws -> JSONValue { try JSONValue(parsing: bytes) }

    /// The sample with annotations on its pod.
    func annotated(_ annotations: JSONValue) throws -> JSONValue {
        var review = try review()
        for (key, value) in annotations.object ?? [:] {
            review["request"]?["object"]?["metadata"]?["annotations", default: [:]][key] = value
        }
        return review
    }
}

extension JSONValue {
    subscript(key: String, default standard: JSONValue) -> JSONValue {
        get { self[key] ?? standard }
        set { self[key] = newValue }
    }
}

/// Namespaces with the labels they are given; any other is not in the cache yet, unless that is not filled itself.
struct StaticFacts: ClusterFacts {
    var namespaces: [String: [String: String]] = [:]
    var isSynced = true

    func labels(ofNamespace name: String) -> NamespaceLabels {
        namespaces[name].map(NamespaceLabels.known) ?? (isSynced ? .unheard : .notYetSynced)
    }
}

extension AdmissionReviewer {
    static func forTesting(
        _ namespaces: [String: [String: String]] = [:], _ facts: any CertificateFacts = NoCertificateFacts(),
        policies: PolicyCatalog = .empty, knowsNamespaces: Bool = true
    ) -> AdmissionReviewer {
        AdmissionReviewer(
            injection: {
                InjectionContext(
                    agentImage: "registry.example/podmint-agent:1.0", server: "https://podmint:8444",
                    policies: policies)
            },
            facts: StaticFacts(namespaces: namespaces, isSynced: knowsNamespaces),
            certificates: .forTesting(facts), references: PolicyCatalog())
    }

    /// An admission of this object, as an API server would ask for it.
    func answer(
        _ endpoint: AdmissionEndpoint, _ resource: AdmissionRequest.Resource, _ object: JSONValue,
        old: JSONValue = .null, operation: String = "CREATE"
    ) throws -> AdmissionAnswer {
        let name = (object["metadata"] ?? old["metadata"])?["name"] ?? ""
        return try answer(
            endpoint,
            [
                "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
                "request": [
                    "uid": "1", "operation": .string(operation), "namespace": "shop", "name": name,
                    "resource": [
                        "group": .string(resource.group), "version": .string(resource.version),
                        "resource": .string(resource.resource),
                    ], "object": object, "oldObject": old,
                ],
            ])
    }

    func answer(_ endpoint: AdmissionEndpoint, _ review: JSONValue) throws -> AdmissionAnswer {
        try answer(endpoint, review.serialized())
    }

    func answer(_ endpoint: AdmissionEndpoint, _ bytes: [UInt8]) throws -> AdmissionAnswer {
        answer(endpoint, ByteBuffer(bytes), parser: try JSONParser())
    }
}

extension CertificateReview {
    static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)

    static func forTesting(_ facts: any CertificateFacts = NoCertificateFacts()) -> CertificateReview {
        CertificateReview(
            facts: facts, clusterDomain: "cluster.local", trustDomain: "cluster.local", clock: { now })
    }
}

extension AdmissionAnswer {
    func response() throws -> JSONValue { try JSONValue(parsing: body)["response"] ?? .null }

    func patch() throws -> JSONPatch {
        guard let text = try response()["patch"]?.string, let bytes = Base64.decode(text) else {
            return JSONPatch()
        }
        return try JSONPatch(parsing: JSONValue(parsing: bytes))
    }
}
