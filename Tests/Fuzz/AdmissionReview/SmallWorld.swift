// SPDX-License-Identifier: Apache-2.0
import Admission
import JSON
import KubernetesAPI
import OpenSSL
import Policies
import Validation

/// Namespaces of every label, with policies, a Service, a pod that serves and Secrets of both kinds, so that a review comes to
/// whatever depends on them. In `unseen` nothing is known.
struct SmallWorld: ClusterFacts, CertificateFacts {
    static let now: Int64 = 1_800_000_000
    let catalog = PolicyCatalog()
    private let pods: [PodUse]
    private let certificate: CertificateSecret
    private let authority: CertificateSecret

    init() {
        do {
            let pod = #"""
                {"metadata": {"name": "web-0", "namespace": "shop", "uid": "u", "labels": {"app": "web"}, "annotations": {"podmint.dev/secret": "web-tls"}},
                 "spec": {"containers": [{"name": "a", "image": "a"}]}}
                """#
            pods = [PodUse(try JSONDocument(pod).root)].compactMap(\.self)
            let made = try CertificateIssuer.selfSigned(
                commonName: "web.example.com", algorithm: .ecdsaP256, notBefore: Self.now - 86_400,
                notAfter: Self.now + 86_400)
            let (pem, key) = (made.certificate.pem, made.key.withPEM { String(decoding: $0, as: UTF8.self) })
            certificate = try Self.secret(
                "web-tls", ["tls.crt": .string(pem), "tls.key": .string(key), "ca.crt": .string(pem)])
            authority = try Self.secret("web-ca", ["ca.crt": .string(pem), "ca.key": .string(key)])
            for namespace in ["shop", "policied"] {
                for (name, spec) in Self.policies {
                    let policy =
                        #"{"metadata": {"name": "\#(name)", "namespace": "\#(namespace)", "uid": "u"}, "spec": \#(spec)}"#
                    catalog.set(TLSPolicy.read(try JSONDocument(policy).root), named: name, in: namespace)
                }
            }
            catalog.markSynced()
        } catch {
            fatalError("\(error)")
        }
    }

    private static let policies = [
        (
            "web",
            #"{"selector": {"matchLabels": {"app": "web"}}, "tls": {"certificate": {"secretName": "web-tls"}}}"#
        ),
        (
            "own",
            #"{"selector": {"matchLabels": {"app": "db"}}, "tls": {"subjectAltNames": [{"dns": "${POD_NAME}.example.com"}]}}"#
        ),
        (
            "signs",
            #"{"validation": "Warn", "mount": {"path": "/certs"}, "tls": {"certificate": {"secretName": "web-ca"}}}"#
        ),
        ("faulty", #"{"enrollment": "Pull"}"#),
    ]

    private static func secret(_ name: String, _ entries: JSONValue) throws -> CertificateSecret {
        let secret: JSONValue = [
            "metadata": ["name": .string(name), "namespace": "shop"], "stringData": entries,
        ]
        guard let kept = CertificateSecret(try JSONDocument(secret.serialized()).root) else {
            fatalError("\(name) holds no certificate")
        }
        return kept
    }

    func labels(ofNamespace name: String) -> NamespaceLabels {
        switch name {
        case "audited": .known(["podmint.dev/injection": "audit"])
        case "policied": .known(["podmint.dev/injection": "policies"])
        case "unseen": .notYetSynced
        case "unheard": .unheard
        default:
            .known([
                "podmint.dev/injection": "enabled", "pod-security.kubernetes.io/enforce": "restricted",
            ])
        }
    }

    func secret(_ name: String, in namespace: String) -> SecretKnowledge {
        switch (namespace, name) {
        case ("unseen", _): .notYetRead
        case ("audited", _): .notReadable
        case (_, "web-tls"): .known(certificate)
        case (_, "web-ca"): .known(authority)
        default: .absent
        }
    }

    func users(ofSecret name: String, in namespace: String) -> [PodUse]? {
        namespace == "unseen" ? nil : pods.filter { $0.uses(name) }
    }

    func services(in namespace: String) -> [Service]? {
        guard namespace != "unseen" else { return nil }
        let metadata = RecordMetadata(name: "web", namespace: namespace, uid: "u")
        return [Service(metadata: metadata, selector: ["app": "web"], isHeadless: true)]
    }

    func policies(in namespace: String) -> [TLSPolicy]? {
        namespace == "unseen" ? nil : catalog.policies(in: namespace)?.compactMap(\.value)
    }
}
