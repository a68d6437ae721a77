// SPDX-License-Identifier: Apache-2.0
import Admission
import JSON
import KubernetesAPI
import OpenSSL
import Policies
import Validation

/// A small cluster: what is put in is known.
struct FakeCertificateFacts: CertificateFacts {
    var secrets: [String: SecretKnowledge] = [:]
    var pods: [PodUse]? = []
    var services: [Service]? = []
    var known: [TLSPolicy]? = []

    func secret(_ name: String, in namespace: String) -> SecretKnowledge { secrets[name] ?? .absent }
    func users(ofSecret name: String, in namespace: String) -> [PodUse]? {
        pods?.filter { $0.namespace == namespace && $0.uses(name) }
    }
    func services(in namespace: String) -> [Service]? { services }
    func policies(in namespace: String) -> [TLSPolicy]? { known }

    static func service(_ name: String, selecting labels: [String: String], isHeadless: Bool = false)
        -> Service
    {
        Service(
            metadata: RecordMetadata(name: name, namespace: "shop", uid: "u"), selector: labels,
            isHeadless: isHeadless)
    }

    /// A pod of Deployment `web` that serves with a Secret.
    static func pod(_ name: String = "web-7d4b-x", secret: String, mounted: Bool = false) throws -> PodUse {
        let volumes: JSONValue = mounted ? [["name": "v", "secret": ["secretName": .string(secret)]]] : []
        let annotations: JSONValue = mounted ? [:] : ["podmint.dev/secret": .string(secret)]
        let pod: JSONValue = [
            "metadata": [
                "name": .string(name), "namespace": "shop", "uid": "p",
                "labels": ["app": "web", "pod-template-hash": "7d4b"], "annotations": annotations,
                "ownerReferences": [["kind": "ReplicaSet", "name": "web-7d4b", "controller": true]],
            ], "spec": ["volumes": volumes],
        ]
        return PodUse(try JSONDocument(pod.serialized()).root)!
    }
}

extension TLSPolicy {
    /// One of namespace `shop` that selects `app: web` and names a Secret.
    static func fixture(
        _ name: String = "tr", secret: String = "web-tls", validation: String? = nil,
        names: [JSONValue] = []
    ) throws -> TLSPolicy {
        var object: JSONValue = [
            "metadata": ["name": .string(name), "namespace": "shop", "uid": "u"],
            "spec": [
                "selector": ["matchLabels": ["app": "web"]],
                "tls": ["certificate": ["secretName": .string(secret)], "subjectAltNames": .array(names)],
            ],
        ]
        if let validation { object["spec"]?["validation"] = .string(validation) }
        guard let policy = TLSPolicy.read(try JSONDocument(object.serialized()).root).value else {
            throw UnreadableFixture()
        }
        return policy
    }

    private struct UnreadableFixture: Error {}
}

/// Certificate Secrets for these names, all of one root.
struct SecretMaker {
    let root: CertificateIssuer
    static let now = CertificateReview.now.secondsSinceEpoch

    init() throws {
        let made = try CertificateIssuer.selfSigned(
            commonName: "Root", algorithm: .ecdsaP256, notBefore: Self.now - 60 * 86_400,
            notAfter: Self.now + 3000 * 86_400)
        root = try CertificateIssuer(certificate: made.certificate, key: made.key)
    }

    func secret(
        _ names: [String], days: Int64 = 300, annotations: JSONValue = [:],
        algorithm: KeyAlgorithm = .ecdsaP256,
        withAuthority: Bool = true
    ) throws -> JSONValue {
        let key = try PrivateKey.generate(algorithm)
        let leaf = try root.issue(
            LeafTemplate(
                names: names.map { .dns($0) }, notBefore: Self.now - 30 * 86_400,
                notAfter: Self.now + days * 86_400),
            for: key.publicKey)
        var data: JSONValue = [
            "tls.crt": .string(Base64.encode(Array(leaf.pem.utf8))),
            "tls.key": .string(
                key.withPEM { Base64.encode(Array(String(decoding: $0, as: UTF8.self).utf8)) }),
        ]
        if withAuthority {
            data["ca.crt"] = .string(Base64.encode(Array(root.certificate.pem.utf8)))
        }
        return [
            "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": ["name": "web-tls", "namespace": "shop", "annotations": annotations], "data": data,
        ]
    }

    /// A CA to sign with, as `kubectl create secret generic` makes it.
    func authority() throws -> SecretKnowledge {
        .known(CertificateSecret(try JSONDocument(authoritySecret().serialized()).root)!)
    }

    func authoritySecret() throws -> JSONValue {
        let made = try CertificateIssuer.selfSigned(
            commonName: "CA", algorithm: .ecdsaP256, notBefore: Self.now - 60,
            notAfter: Self.now + 300 * 86_400)
        let key = made.key.withPEM { Base64.encode(Array(String(decoding: $0, as: UTF8.self).utf8)) }
        return [
            "kind": "Secret", "type": "Opaque", "metadata": ["name": "web-tls", "namespace": "shop"],
            "data": [
                "ca.crt": .string(Base64.encode(Array(made.certificate.pem.utf8))), "ca.key": .string(key),
            ],
        ]
    }

    func known(
        _ names: [String], days: Int64 = 300, annotations: JSONValue = [:], type: String = "kubernetes.io/tls"
    ) throws -> SecretKnowledge {
        var secret = try secret(names, days: days, annotations: annotations)
        secret["type"] = .string(type)
        return .known(CertificateSecret(try JSONDocument(secret.serialized()).root, namespace: "shop")!)
    }
}
