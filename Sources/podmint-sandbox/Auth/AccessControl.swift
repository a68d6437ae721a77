// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Whether somebody may do something, asked in one place so that every question is on record.
struct AccessControl {
    let cluster: Cluster

    func authorize(_ identity: Identity, _ verb: Verb, _ request: ResourceRequest) throws(APIError) {
        // A namespace is read with rights in itself, as the API server resolves it.
        let isNamespace = request.resource == .namespaces
        let access = AccessRequest(
            verb: verb.rawValue, group: request.resource.group, resource: request.resource.plural,
            subresource: request.subresource, namespace: isNamespace ? request.name : request.namespace,
            name: request.authorizedName)
        guard allows(identity, access) else {
            throw .forbidden(request.resource, request.name, access.refusal(identity))
        }
    }

    func authorize(_ identity: Identity, _ access: AccessRequest) throws(APIError) {
        guard allows(identity, access) else {
            throw APIError(
                code: 403, reason: "Forbidden", message: "forbidden: \(access.refusal(identity))",
                details: JSONObject())
        }
    }

    private func allows(_ identity: Identity, _ access: AccessRequest) -> Bool {
        let isAllowed = Authorizer(store: cluster.store).allows(identity, access)
        cluster.access.note(identity, access, isAllowed: isAllowed)
        return isAllowed
    }
}
