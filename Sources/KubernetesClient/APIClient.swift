// SPDX-License-Identifier: Apache-2.0
internal import HTTP
package import JSON

/// Speaks to one API server: plain verbs on JSON objects, each with a deadline, each failing with a
/// `KubernetesError`.
///
/// It does not retry, save once with a fresh token after a 401: who asks knows what may be asked twice.
package struct APIClient: Sendable {
    /// Lists come in pages of this many objects: a pod with its managed fields is up to 16 kB, so a page is
    /// about 4 MB.
    package static let pageSize = 250
    static let fieldManager = "podmint"

    let transport: any HTTPRequesting
    let token: TokenSource
    let userAgent: String
    private(set) var timeout: Duration
    /// One for all copies of this client.
    let presence: ServerPresence

    package init(
        transport: any HTTPRequesting, token: TokenSource = .none, userAgent: String = "podmint",
        timeout: Duration = .seconds(15), clock: WaitingClock = .system
    ) {
        presence = ServerPresence(clock: clock)
        self.transport = transport
        self.token = token
        self.userAgent = userAgent
        self.timeout = timeout
    }

    /// The same with less patience.
    func waiting(atMost timeout: Duration) -> APIClient {
        var copy = self
        copy.timeout = min(timeout, self.timeout)
        return copy
    }

    package func get(
        _ resource: APIResource, namespace: String? = nil, name: String, subresource: String? = nil
    ) async throws(KubernetesError) -> JSONValue {
        try await value(.get, resource.path(namespace: namespace, name: name, subresource: subresource))
    }

    /// As `get`, with nil for what is not there.
    package func find(
        _ resource: APIResource, namespace: String? = nil, name: String
    ) async throws(KubernetesError) -> JSONValue? {
        do { return try await get(resource, namespace: namespace, name: name) } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
    }

    /// `subresource` is for what is created beneath an object: `serviceaccounts/x/token`.
    package func create(
        _ resource: APIResource, namespace: String? = nil, name: String? = nil, subresource: String? = nil,
        _ object: JSONValue,
        dryRun: Bool = false
    ) async throws(KubernetesError) -> JSONValue {
        let query = PercentEncoding.query([
            ("dryRun", dryRun ? "All" : nil), ("fieldManager", Self.fieldManager),
        ])
        return try await value(
            .post, resource.path(namespace: namespace, name: name, subresource: subresource) + query,
            body: object.serialized())
    }

    package func replace(
        _ resource: APIResource, namespace: String? = nil, name: String, subresource: String? = nil,
        _ object: JSONValue,
        dryRun: Bool = false
    ) async throws(KubernetesError) -> JSONValue {
        let query = PercentEncoding.query([
            ("dryRun", dryRun ? "All" : nil), ("fieldManager", Self.fieldManager),
        ])
        return try await value(
            .put, resource.path(namespace: namespace, name: name, subresource: subresource) + query,
            body: object.serialized())
    }

    package func patch(
        _ resource: APIResource, namespace: String? = nil, name: String, subresource: String? = nil,
        _ kind: PatchKind,
        _ patch: [UInt8], dryRun: Bool = false
    ) async throws(KubernetesError) -> JSONValue {
        let query = PercentEncoding.query([
            ("dryRun", dryRun ? "All" : nil), ("fieldManager", Self.fieldManager),
            ("force", kind.isForced ? "true" : nil),
        ])
        return try await value(
            .patch, resource.path(namespace: namespace, name: name, subresource: subresource) + query,
            body: patch, contentType: kind.contentType)
    }

    package func delete(
        _ resource: APIResource, namespace: String? = nil, name: String, uid: String? = nil
    ) async throws(KubernetesError) {
        var options: JSONValue = [
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
        ]
        if let uid { options["preconditions"] = ["uid": .string(uid)] }
        _ = try await answer(
            .delete, resource.path(namespace: namespace, name: name), body: options.serialized())
    }

    /// All objects of a scope, page by page, as of one moment.
    package func list(_ resource: APIResource, _ scope: ObjectScope = ObjectScope())
        async throws(KubernetesError) -> [JSONValue]
    {
        var objects: [JSONValue] = []
        var token: String?
        repeat {
            let page = try await page(resource, scope, continuing: token) { $0.value }
            objects += page.items
            token = page.continueToken
        } while token != nil
        return objects
    }

    /// One page of a list, each object turned into what the caller keeps of it.
    package func page<Item>(
        _ resource: APIResource, _ scope: ObjectScope, continuing token: String? = nil, limit: Int = pageSize,
        _ decode: (JSONView) -> Item
    ) async throws(KubernetesError) -> ListPage<Item> {
        let query = PercentEncoding.query([
            ("limit", String(limit)), ("continue", token), ("labelSelector", scope.labelSelector),
            ("fieldSelector", scope.fieldSelector),
        ])
        let body = try await answer(.get, resource.path(namespace: scope.namespace) + query)
        do {
            let list = try JSONDocument(body).root
            guard let version = list.at("metadata", "resourceVersion")?.string else {
                throw JSONError("a list without metadata.resourceVersion")
            }
            let next = list.at("metadata", "continue")?.string
            return ListPage(
                items: list["items"]?.elements.map(decode) ?? [], resourceVersion: version,
                continueToken: next?.isEmpty == false ? next : nil)
        } catch {
            throw .malformed("list of \(resource.plural): \(error)")
        }
    }

    /// A GET of any path, for `/version`, `/readyz` and the like.
    package func raw(_ path: String) async throws(KubernetesError) -> [UInt8] { try await answer(.get, path) }
}
