// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
package import KubernetesClient
internal import OpenSSL
package import Validation

/// Secrets of people, wherever podmint was given the right to read them.
package protocol UserSecrets: Sendable {
    func material(of secret: String, in namespace: String) async throws(AuthorityError) -> SecretMaterial
}

/// By the API server. The right comes from ClusterRole `podmint-namespace`, where an admin has bound it.
package struct LiveUserSecrets: UserSecrets {
    private let client: APIClient
    private let mayRead: @Sendable (String) -> Bool

    /// `mayRead` says in which namespaces an admin lets podmint read Secrets: elsewhere it does not even ask.
    package init(client: APIClient, mayRead: @escaping @Sendable (String) -> Bool) {
        self.client = client
        self.mayRead = mayRead
    }

    package func material(
        of secret: String, in namespace: String
    ) async throws(AuthorityError) -> SecretMaterial {
        guard mayRead(namespace) else { throw .forbidden(secret: secret, namespace: namespace) }
        let body: [UInt8]
        do { body = try await client.raw(APIResource.secrets.path(namespace: namespace, name: secret)) } catch
        {
            if error.isNotFound { throw .missing(secret: secret, namespace: namespace) }
            if error.isForbidden { throw .forbidden(secret: secret, namespace: namespace) }
            // A refusal of another kind is not about podmint's own namespace, and may pass.
            throw .unreachable(secret: secret, ClusterSilence("\(error)"))
        }
        // The key goes from the answer straight into OpenSSL's memory.
        do { return SecretMaterial(of: try JSONDocument(body).root, namespace: namespace) } catch {
            throw .unreachable(secret: secret, ClusterSilence("\(error)"))
        }
    }
}

/// A person's CA, judged by the rules of admission before it signs anything.
struct UserAuthority {
    let secrets: any UserSecrets
    let clock: IssuanceClock

    /// `former` is what an earlier call returned: it comes back where nothing has changed.
    func obtain(
        _ name: String, secret: String, in namespace: String, former: Authority? = nil
    ) async throws(AuthorityError) -> Authority {
        let material = try await secrets.material(of: secret, in: namespace)
        guard let keyEntry = material.authorityKey else {
            guard material.certificate == nil else { throw .notAnAuthority(secret: secret) }
            throw .missing(secret: "\(secret)\" with \"\(Authority.keyEntry)", namespace: namespace)
        }
        if keyEntry.isOutOfMemory { throw .noRoom(authority: name) }
        let report = SecretValidator.validate(material, at: Timestamp(secondsSinceEpoch: clock.now()))
        let certificates = material.authority?.certificates ?? []
        guard report.isValid, let key = keyEntry.key, let certificate = material.signing
        else { throw .faulty(secret: secret, report) }
        let chain = AuthorityChain(certificate, above: certificates.filter { $0 != certificate })
        if let excess = chain.excess { throw .tooLarge(secret: secret, excess) }
        if let former, former.isOf(chain) { return former }
        do { return try Authority(name: name, chain, key: key) } catch {
            if error.isOutOfMemory { throw .noRoom(authority: name) }
            throw .corrupt(secret: secret, error.reasons.joined(separator: "; "))
        }
    }
}
