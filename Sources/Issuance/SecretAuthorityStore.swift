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

    package func find(secret: String) async throws(ClusterSilence) -> StoredAuthority? {
        let body: [UInt8]
        do { body = try await client.raw(APIResource.secrets.path(namespace: namespace, name: secret)) } catch
        {
            if error.isNotFound { return nil }
            throw ClusterSilence("\(error)")
        }
        let document: JSONDocument
        do { document = try JSONDocument(body) } catch { throw ClusterSilence("\(error)") }
        let data = document.root["data"]
        let certificate = data?[Authority.certificateEntry]?.string.flatMap { Base64.decode($0) } ?? []
        // A key that is missing or no Base64 becomes an empty one, which no reader takes for a key.
        let key = data.flatMap { Self.key(in: $0) }
        return StoredAuthority(
            owner: document.root.at("metadata", "labels")?[AuthoritySecret.label]?.string,
            certificatePEM: certificate, keyPEM: key ?? SecretBytes(copying: RawSpan()))
    }

    private static func key(in data: JSONView) -> SecretBytes? {
        guard let entry = data[Authority.keyEntry] else { return nil }
        var key: SecretBytes?
        unsafe entry.withUTF8 { text in unsafe key = Base64.decodeSecret(UnsafeRawBufferPointer(text).bytes) }
        return key
    }

    package func create(
        secret: String, _ authority: borrowing StoredAuthority
    ) async throws(ClusterSilence) -> Bool {
        let key = authority.keyPEM.withBytes { key in
            Base64.encode(unsafe key.withUnsafeBytes { unsafe Array($0) })
        }
        let object: JSONValue = [
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": [
                "name": .string(secret), "namespace": .string(namespace),
                "labels": [
                    "app.kubernetes.io/name": "podmint", "app.kubernetes.io/managed-by": "podmint",
                    AuthoritySecret.label: .string(authority.owner ?? ""),
                ],
            ],
            "data": [
                Authority.certificateEntry: .string(Base64.encode(authority.certificatePEM)),
                Authority.keyEntry: .string(key),
            ],
        ]
        do {
            _ = try await client.create(.secrets, namespace: namespace, object)
            return true
        } catch {
            if error.isAlreadyExists { return false }
            throw ClusterSilence("\(error)")
        }
    }
}
