// SPDX-License-Identifier: Apache-2.0
import JSON
import OpenSSL
import Policies
import SigningProtocol
import Synchronization
import Validation

@testable import Issuance

/// Secrets and ConfigMaps that authorities come from, and the policies that name them.
final class InMemoryAuthorities: AuthorityStore, UserSecrets, ReplicaCertificates, TrustTexts {
    struct Stored {
        var owner: String?
        var certificate: [UInt8]
        var key: [UInt8]
        var wrapped: [UInt8] = []
        var namespaceUID: String?
    }

    struct Contents {
        var own: [String: Stored] = [:]
        var creations = 0
        /// Manifests of Secrets by `namespace/name`.
        var users: [String: JSONValue] = [:]
        /// Where no admin gave the right to read Secrets.
        var closed: Set<String> = []
        var replicas: [String: [String: String]] = [:]
        var trust: [String: String] = [:]
        var isSilent = false
        /// With what words the cluster does not let podmint make a Secret.
        var refusal: String?
        var reads = 0
    }

    let contents = Mutex(Contents())
    let catalog = PolicyCatalog()

    init() { catalog.markSynced() }

    func find(secret: String) async throws(AuthorityError) -> StoredAuthority? {
        let (stored, isSilent) = contents.withLock {
            $0.reads += 1
            return ($0.own[secret], $0.isSilent)
        }
        guard !isSilent else { throw .unreachable(secret: secret, ClusterSilence("silent")) }
        guard let stored else { return nil }
        return StoredAuthority(
            owner: stored.owner, certificatePEM: stored.certificate,
            keyPEM: SecretBytes(copying: stored.key.span.bytes), wrappedKey: stored.wrapped,
            namespaceUID: stored.namespaceUID)
    }

    func create(secret: String, _ authority: borrowing StoredAuthority) async throws(AuthorityError) -> Bool {
        let stored = Stored(
            owner: authority.owner, certificate: authority.certificatePEM,
            key: authority.keyPEM.withUnsafeBytes { Array($0) }, wrapped: authority.wrappedKey,
            namespaceUID: authority.namespaceUID)
        if let refusal = contents.withLock(\.refusal) { throw .refused(secret: secret, refusal) }
        return contents.withLock {
            guard $0.own[secret] == nil else { return false }
            $0.own[secret] = stored
            $0.creations += 1
            return true
        }
    }

    func mark(secret: String, namespaceUID: String) async throws(AuthorityError) {
        contents.withLock { $0.own[secret]?.namespaceUID = namespaceUID }
    }

    func material(of secret: String, in namespace: String) async throws(AuthorityError) -> SecretMaterial {
        let (object, isClosed) = contents.withLock {
            $0.reads += 1
            return ($0.users["\(namespace)/\(secret)"], $0.closed.contains(namespace))
        }
        guard !isClosed else { throw .forbidden(secret: secret, namespace: namespace) }
        guard let object, let document = try? JSONDocument(object.serialized()) else {
            throw .missing(secret: secret, namespace: namespace)
        }
        return SecretMaterial(of: document.root, namespace: namespace)
    }

    func entries(of configMap: String) async throws(AuthorityError) -> [String: String] {
        contents.withLock { $0.replicas[configMap] ?? [:] }
    }

    func write(_ entries: [String: String?], to configMap: String) async throws(AuthorityError) {
        contents.withLock { contents in
            for (key, value) in entries { contents.replicas[configMap, default: [:]][key] = value }
        }
    }

    func text(of source: TrustSource, in namespace: String) async throws(TrustProblem) -> [UInt8] {
        guard let text = contents.withLock({ $0.trust["\(namespace)/\(source)"] }) else {
            throw TrustProblem(reason: "MissingReference", message: "there is none", hint: "")
        }
        return Array(text.utf8)
    }

    // MARK: - What people write

    func add(policy name: String, in namespace: String = "shop", _ spec: JSONValue) throws {
        let object: JSONValue = [
            "apiVersion": "podmint.dev/v1alpha1", "kind": "TLSPolicy",
            "metadata": [
                "name": .string(name), "namespace": .string(namespace), "uid": "u", "generation": 1,
            ],
            "spec": spec,
        ]
        catalog.set(TLSPolicy.read(try JSONDocument(object.serialized()).root), named: name, in: namespace)
    }

    func add(clusterAuthority name: String, _ spec: JSONValue) throws {
        let object: JSONValue = [
            "apiVersion": "podmint.dev/v1alpha1", "kind": "ClusterAuthority",
            "metadata": ["name": .string(name), "uid": "u", "generation": 1], "spec": spec,
        ]
        catalog.set(ClusterAuthority.read(try JSONDocument(object.serialized()).root), named: name)
    }

    /// A person's CA as a Secret.
    func addCA(
        _ name: String, in namespace: String, _ made: (certificate: Certificate, key: PrivateKey),
        beside: String = ""
    ) {
        let key = made.key.withPEM { Array($0) }
        contents.withLock {
            $0.users["\(namespace)/\(name)"] = [
                "kind": "Secret", "metadata": ["name": .string(name), "namespace": .string(namespace)],
                "data": [
                    "ca.crt": .string(Base64.encode(Array((made.certificate.pem + beside).utf8))),
                    "ca.key": .string(Base64.encode(key)),
                ],
            ]
        }
    }
}

extension Authority {
    static func make(
        name: String, at now: Int64
    ) throws(OpenSSLError) -> (certificate: Certificate, key: PrivateKey) {
        try make(
            AuthorityDescription(
                name: name, secret: AuthoritySecret.name(of: name),
                lifetime: AuthorityDescription.standard.lifetime),
            at: now)
    }
}
