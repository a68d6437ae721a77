// SPDX-License-Identifier: Apache-2.0
internal import JSON
package import KubernetesClient
internal import OpenSSL

/// Authorities in Secrets of podmint's own namespace.
///
/// The key is decoded from the answer straight into wiped memory. On the way to the API server it passes once
/// through a JSON value, in the process that just made it.
package struct SecretAuthorityStore: AuthorityStore {
    private let client: APIClient
    private let namespace: String

    package init(client: APIClient, namespace: String) {
        self.client = client
        self.namespace = namespace
    }

    package func find(secret: String) async throws(AuthorityError) -> StoredAuthority? {
        let body: [UInt8]
        do { body = try await client.raw(APIResource.secrets.path(namespace: namespace, name: secret)) } catch
        {
            if error.isNotFound { return nil }
            throw AuthorityError(error, secret: secret)
        }
        let document: JSONDocument
        do { document = try JSONDocument(body) } catch {
            throw .unreachable(secret: secret, ClusterSilence("\(error)"))
        }
        return StoredAuthority(document.root)
    }

    package func create(
        secret: String, _ authority: borrowing StoredAuthority
    ) async throws(AuthorityError) -> Bool {
        let key = authority.keyPEM.withBytes { key in
            Base64.encode(unsafe key.withUnsafeBytes { unsafe Array($0) })
        }
        var data: JSONValue = [
            Authority.certificateEntry: .string(Base64.encode(authority.certificatePEM))
        ]
        if authority.wrappedKey.isEmpty {
            data[Authority.keyEntry] = .string(key)
        } else {
            data[Authority.wrappedKeyEntry] = .string(Base64.encode(authority.wrappedKey))
        }
        let object = Self.object(
            secret, in: namespace, owner: authority.owner ?? "", namespaceUID: authority.namespaceUID, data)
        do {
            _ = try await client.create(.secrets, namespace: namespace, object)
            return true
        } catch {
            if error.isAlreadyExists { return false }
            throw AuthorityError(error, secret: secret)
        }
    }

    package func mark(secret: String, namespaceUID: String) async throws(AuthorityError) {
        let patch: JSONValue = [
            "metadata": ["annotations": [AuthoritySecret.namespaceAnnotation: .string(namespaceUID)]]
        ]
        do {
            _ = try await client.patch(
                .secrets, namespace: namespace, name: secret, .merge, patch.serialized())
        } catch { throw AuthorityError(error, secret: secret) }
    }

    static func object(
        _ secret: String, in namespace: String, owner: String, namespaceUID: String? = nil, _ data: JSONValue
    ) -> JSONValue {
        var metadata: JSONValue = [
            "name": .string(secret), "namespace": .string(namespace),
            "labels": [
                "app.kubernetes.io/name": "podmint", "app.kubernetes.io/managed-by": "podmint",
                AuthoritySecret.label: .string(owner),
            ],
        ]
        if let namespaceUID {
            metadata["annotations"] = [AuthoritySecret.namespaceAnnotation: .string(namespaceUID)]
        }
        return ["apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata, "data": data]
    }
}

extension StoredAuthority {
    /// As the API server has it. A key that is missing or no Base64 becomes an empty one, which no reader takes for a key.
    init(_ secret: JSONView) {
        let data = secret["data"]
        self.init(
            owner: secret.at("metadata", "labels")?[AuthoritySecret.label]?.string,
            certificatePEM: data?[Authority.certificateEntry]?.string.flatMap { Base64.decode($0) } ?? [],
            keyPEM: Self.key(data?[Authority.keyEntry]),
            wrappedKey: data?[Authority.wrappedKeyEntry]?.string.flatMap { Base64.decode($0) } ?? [],
            namespaceUID: secret.at("metadata", "annotations")?[AuthoritySecret.namespaceAnnotation]?.string)
    }

    /// Straight into wiped memory.
    static func key(_ entry: JSONView?) -> SecretBytes {
        var key: SecretBytes?
        unsafe entry?.withUTF8 { text in
            unsafe key = Base64.decodeSecret(UnsafeRawBufferPointer(text).bytes)
        }
        return key ?? SecretBytes(copying: RawSpan())
    }
}
