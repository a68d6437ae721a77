// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// The body of a PATCH, by its content type.
struct Patch: Sendable {
    private enum Form: Sendable {
        case json(JSONPatch)
        case merge(JSONValue)
        case strategic(JSONValue)
        case apply(JSONValue, ServerSideApply)
    }

    private let form: Form

    init(_ incoming: IncomingRequest, _ request: ResourceRequest, _ cluster: Cluster) throws(APIError) {
        let type = incoming.contentType.split(separator: ";").first.map(String.init) ?? ""
        switch type {
        case "application/json-patch+json":
            let body = try incoming.json()
            do throws(JSONPatchError) {
                form = .json(try JSONPatch(parsing: body))
            } catch {
                throw .badRequest("error decoding patch: \(error)")
            }
        case "application/merge-patch+json": form = .merge(try incoming.json())
        case "application/strategic-merge-patch+json" where !request.resource.isCustom:
            form = .strategic(try incoming.json())
        case "application/apply-patch+yaml":
            guard let manager = request.query["fieldManager"], !manager.isEmpty else {
                throw .badRequest(
                    "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"
                )
            }
            let apply = ServerSideApply(
                manager: manager, force: request.query.flag("force"), resource: request.resource,
                now: cluster.surroundings.now)
            form = .apply(try RequestYAML.parse(incoming.body), apply)
        default:
            throw APIError(
                code: 415, reason: "UnsupportedMediaType",
                message: "the body of the request was in an unknown format - accepted media types include: "
                    + "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
                    + (request.resource.isCustom ? "" : ", application/strategic-merge-patch+json"))
        }
    }

    var applyConfiguration: JSONValue? {
        if case .apply(let configuration, _) = form { configuration } else { nil }
    }

    func result(_ current: JSONValue) throws(APIError) -> JSONValue {
        switch form {
        case .merge(let patch): return MergePatch.apply(patch, to: current)
        case .strategic(let patch): return try StrategicMergePatch.apply(patch, to: current)
        case .apply(let configuration, let apply): return try apply.apply(configuration, to: current)
        case .json(let patch):
            do throws(JSONPatchError) {
                return try patch.applied(to: current, .likeAPIServer)
            } catch {
                // A patch that is well formed but does not fit is the caller's mistake. The API server does not say which.
                throw APIError(
                    code: 422, reason: "Invalid",
                    message: "the server rejected our request due to an error in our request")
            }
        }
    }

    func change(_ current: JSONValue?, _ configuration: JSONValue) throws(APIError) -> JSONValue {
        guard case .apply(_, let apply) = form else { return configuration }
        return try apply.apply(configuration, to: current)
    }
}
