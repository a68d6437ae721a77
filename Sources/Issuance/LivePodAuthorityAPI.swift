// SPDX-License-Identifier: Apache-2.0
internal import JSON
package import KubernetesAPI
package import KubernetesClient

/// The cluster by its API server. Pods and tokens are always asked for; Services and namespaces come from the
/// informers once these are synced.
package struct LivePodAuthorityAPI: PodAuthorityAPI {
    private let client: APIClient
    private let cachedServices: ServiceCache?
    private let cachedNamespaces: Informer<Namespace>?

    package init(client: APIClient, services: ServiceCache? = nil, namespaces: Informer<Namespace>? = nil) {
        self.client = client
        cachedServices = services
        cachedNamespaces = namespaces
    }

    package func review(token: String, audience: String) async throws(ClusterSilence) -> TokenReview {
        let question: JSONValue = [
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
            "spec": ["token": .string(token), "audiences": [.string(audience)]],
        ]
        do {
            let answer = try await client.create(.tokenReviews, question)
            return try TokenReview(JSONDocument(answer.serialized()).root)
        } catch {
            // The error must not carry the question: it holds the token.
            throw ClusterSilence("TokenReview: \(error)")
        }
    }

    /// A quorum read: no resource version is given, so the API server does not answer from its cache.
    package func pod(named name: String, in namespace: String) async throws(ClusterSilence) -> Pod? {
        try await object(.pods, namespace: namespace, name: name) { try Pod($0) }
    }

    /// Version 0 is answered from the API server's own cache.
    package func recentPod(named name: String, in namespace: String) async throws(ClusterSilence) -> Pod? {
        try await object(.pods, namespace: namespace, name: name, query: "?resourceVersion=0") { try Pod($0) }
    }

    package func services(in namespace: String) async throws(ClusterSilence) -> [Service] {
        if let cached = cachedServices?.services(in: namespace) { return cached }
        do {
            var services: [Service] = []
            var token: String?
            repeat {
                let page = try await client.page(
                    .services, ObjectScope(namespace: namespace), continuing: token
                ) {
                    try? Service($0)
                }
                services += page.items.compactMap(\.self)
                token = page.continueToken
            } while token != nil
            return services
        } catch { throw ClusterSilence("Services of \"\(namespace)\": \(error)") }
    }

    /// A cache that says no may only be late: the namespace was labelled a moment ago.
    package func namespace(named name: String) async throws(ClusterSilence) -> Namespace? {
        if let cachedNamespaces, cachedNamespaces.isSynced,
            let cached = cachedNamespaces.record(for: ObjectKey(name: name)), cached.optIn != nil
        {
            return cached
        }
        return try await object(.namespaces, namespace: nil, name: name) { try Namespace($0) }
    }

    private func object<Record>(
        _ resource: APIResource, namespace: String?, name: String, query: String = "",
        _ read: (JSONView) throws -> Record
    ) async throws(ClusterSilence) -> Record? {
        let body: [UInt8]
        do { body = try await client.raw(resource.path(namespace: namespace, name: name) + query) } catch {
            if error.isNotFound { return nil }
            throw ClusterSilence("\(resource.plural) \"\(name)\": \(error)")
        }
        do { return try read(JSONDocument(body).root) } catch {
            throw ClusterSilence("\(resource.plural) \"\(name)\": \(error)")
        }
    }
}
