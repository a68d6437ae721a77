// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import OpenSSL

@testable import Validation

/// A root, an intermediate, and Secrets made of them, at a fixed hour.
struct Fixture {
    static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
    static let day: Int64 = 86_400
    let root: CertificateIssuer
    let intermediate: CertificateIssuer
    let key: PrivateKey
    let leaf: Certificate

    init() throws {
        let now = Self.now.secondsSinceEpoch
        let made = try CertificateIssuer.selfSigned(
            commonName: "Corp Root", algorithm: .ecdsaP256, notBefore: now - 100 * Self.day,
            notAfter: now + 3000 * Self.day)
        root = try CertificateIssuer(certificate: made.certificate, key: made.key)
        let below = try PrivateKey.generate(.ecdsaP256)
        intermediate = try CertificateIssuer(
            certificate: root.issueAuthority(
                commonName: "Corp Issuing CA", for: below.publicKey, notBefore: now - 100 * Self.day,
                notAfter: now + 2000 * Self.day),
            key: below)
        key = try PrivateKey.generate(.ecdsaP256)
        leaf = try Self.leaf(of: intermediate, key)
    }

    static func leaf(
        of issuer: CertificateIssuer, _ key: PrivateKey, from: Int64 = -1, to: Int64 = 365
    ) throws -> Certificate {
        let now = now.secondsSinceEpoch
        return try issuer.issue(
            LeafTemplate(
                names: [.dns("api.example.com")], notBefore: now + from * day, notAfter: now + to * day),
            for: key.publicKey)
    }

    var chain: String { leaf.pem + intermediate.certificate.pem }
    var keyText: String { Self.text(key) }
    static func text(_ key: PrivateKey) -> String { key.withPEM { String(decoding: $0, as: UTF8.self) } }

    /// The Secret as an API server would send it.
    static func secret(
        _ entries: [String: String], type: String = "kubernetes.io/tls", metadata: JSONObject = [:]
    ) throws -> JSONDocument {
        var object = metadata
        object["name"] = "web-tls"
        object["namespace"] = "shop"
        var data = JSONObject()
        for (name, text) in entries { data[name] = .string(Base64.encode(Array(text.utf8))) }
        let secret: JSONValue = [
            "apiVersion": "v1", "kind": "Secret", "type": .string(type), "metadata": .object(object),
            "data": .object(data),
        ]
        return try JSONDocument(secret.serialized())
    }

    static func faults(
        _ entries: [String: String], type: String = "kubernetes.io/tls", at time: Timestamp = now
    ) throws
        -> [Fault]
    {
        SecretValidator.validate(SecretMaterial(of: try secret(entries, type: type).root), at: time).faults
    }

    static func codes(
        _ entries: [String: String], type: String = "kubernetes.io/tls", at time: Timestamp = now
    ) throws -> [FaultCode] {
        try faults(entries, type: type, at: time).map(\.code)
    }
}
