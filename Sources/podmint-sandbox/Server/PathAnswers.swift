// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Paths that are no resources: discovery, OpenAPI, version, health, and the sandbox's own faults and records.
struct PathAnswers {
    let cluster: Cluster

    func answer(_ incoming: IncomingRequest, _ identity: Identity) throws(APIError) -> APIAnswer {
        let path =
            incoming.path.last == "/" && incoming.path.count > 1
            ? String(incoming.path.dropLast()) : incoming.path
        if path == "/sandbox/faults" { return try faults(incoming, identity) }
        if path == "/sandbox/access", identity.isAllPowerful {
            if incoming.method == "DELETE" { cluster.access.clear() }
            return APIAnswer(cluster.access.value)
        }
        if path == "/sandbox/compact", incoming.method == "POST", identity.isAllPowerful {
            cluster.store.compact()
            return APIAnswer(["kind": "Status", "apiVersion": "v1", "status": "Success"])
        }
        guard incoming.method == "GET" else { throw .noSuchPath }
        let discovery = Discovery(registry: cluster.registry)
        switch path {
        case "/version": return APIAnswer(Discovery.version)
        case "/healthz", "/livez", "/readyz": return APIAnswer(text: "ok")
        case "/api": return APIAnswer(Discovery.legacyVersions)
        case "/apis": return APIAnswer(discovery.groups)
        case "/openapi/v3": return APIAnswer(OpenAPIDocument(registry: cluster.registry).index)
        default: break
        }
        let parts = path.split(separator: "/").map(String.init)
        if path.hasPrefix("/openapi/v3/") {
            let version = parts.dropFirst(2)
            let name =
                version.first == "api"
                ? version.dropFirst().joined() : version.dropFirst().joined(separator: "/")
            guard let document = OpenAPIDocument(registry: cluster.registry).document(name) else {
                throw .noSuchPath
            }
            return APIAnswer(document)
        }
        if parts.first == "api", parts.count == 2, let list = discovery.resources(parts[1]) {
            return APIAnswer(list)
        }
        if parts.first == "apis", parts.count == 2, let group = discovery.group(parts[1]) {
            return APIAnswer(group)
        }
        if parts.first == "apis", parts.count == 3, let list = discovery.resources("\(parts[1])/\(parts[2])")
        {
            return APIAnswer(list)
        }
        throw .noSuchPath
    }

    private func faults(_ incoming: IncomingRequest, _ identity: Identity) throws(APIError) -> APIAnswer {
        guard identity.isAllPowerful else {
            throw APIError(code: 403, reason: "Forbidden", message: "only the admin may switch faults on")
        }
        switch incoming.method {
        case "POST": try cluster.faults.change(try incoming.json())
        case "DELETE": cluster.faults.clear()
        default:
            throw .badRequest("POST {\"faults\":[…],\"clockSkewSeconds\":n,\"dropWatches\":true} or DELETE")
        }
        return APIAnswer(["kind": "Status", "apiVersion": "v1", "status": "Success"])
    }
}
