// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Answers for resources, one function a verb.
struct ResourceAnswers {
    let cluster: Cluster
    let podLogs: any PodLogSource

    func answer(_ verb: Verb, _ request: ResourceRequest, _ incoming: IncomingRequest) async throws(APIError)
        -> APIAnswer
    {
        if let special = try await SubresourceAnswers(cluster: cluster, podLogs: podLogs).answer(
            verb, request, incoming)
        {
            return special
        }
        switch verb {
        case .get, .watch:
            let object = try stored(request)
            return shown(object, request, incoming)
        case .list: return try list(request, incoming)
        case .create:
            var request = request
            var body = try incoming.json()
            if request.resource == .newEvents { body = EventVersions.toCore(body) }
            if request.resource == .newEvents { request.resource = .events }
            let written = try await ObjectWriter(cluster: cluster).create(request, body)
            return shown(written.object, request, incoming, status: 201, written.warnings)
        case .update:
            let body = try incoming.json()
            if request.resource.isMadeByUpdate,
                cluster.store.object(request.resource.shelf, request.key) == nil
            {
                return try await createByUpdate(request, body, incoming)
            }
            let written = try await ObjectWriter(cluster: cluster).update(request) { _ in body }
            return shown(written.object, request, incoming, written.warnings)
        case .patch: return try await patch(request, incoming)
        case .delete: return try await delete(request, incoming)
        case .deletecollection: return try await deleteCollection(request, incoming)
        }
    }

    /// A PUT of what is not there, by somebody who may create it as well.
    private func createByUpdate(
        _ request: ResourceRequest, _ body: JSONValue, _ incoming: IncomingRequest
    ) async throws(APIError) -> APIAnswer {
        let access = AccessRequest(
            verb: "create", group: request.resource.group, resource: request.resource.plural,
            namespace: request.namespace, name: request.name)
        guard Authorizer(store: cluster.store).allows(request.identity, access) else {
            throw .forbidden(request.resource, request.name, access.refusal(request.identity))
        }
        var body = body
        body.put(nil, "metadata", "resourceVersion")
        let written = try await ObjectWriter(cluster: cluster).create(request, body)
        return shown(written.object, request, incoming, status: 201, written.warnings)
    }

    private func stored(_ request: ResourceRequest) throws(APIError) -> JSONValue {
        guard let object = cluster.store.object(request.resource.shelf, request.key) else {
            throw .notFound(request.resource, request.name)
        }
        return object
    }

    private func list(_ request: ResourceRequest, _ incoming: IncomingRequest) throws(APIError) -> APIAnswer {
        let filter = try ListFilter(request)
        let namespace = request.namespace.isEmpty ? nil : request.namespace
        var (objects, version) = cluster.store.list(request.resource.shelf, namespace: namespace)
        objects = objects.filter(filter.matches)
        let page = try Page(request.query, objects, version)
        if incoming.wantsTable {
            let table = Table(
                request.resource, cluster: cluster, includingObject: request.query["includeObject"])
            return APIAnswer(table.value(page.objects, metadata: page.metadata))
        }
        return APIAnswer([
            "kind": .string("\(request.resource.kind)List"),
            "apiVersion": .string(request.resource.apiVersion),
            "metadata": page.metadata,
            "items": .array(page.objects.map { Presentation.object($0, as: request.resource) }),
        ])
    }

    private func patch(_ request: ResourceRequest, _ incoming: IncomingRequest) async throws(APIError)
        -> APIAnswer
    {
        let patch = try Patch(incoming, request, cluster)
        let writer = ObjectWriter(cluster: cluster)
        let isThere = cluster.store.object(request.resource.shelf, request.key) != nil
        if let configuration = patch.applyConfiguration, !isThere, request.subresource.isEmpty {
            // Applying what is not there takes both rights, as in the API server.
            try AccessControl(cluster: cluster).authorize(request.identity, .create, request)
            let object = try patch.change(nil, configuration)
            let written = try await writer.create(request, object, applied: true)
            return shown(written.object, request, incoming, status: 201, written.warnings)
        }
        let written = try await writer.update(
            request, options: "PatchOptions", applied: patch.applyConfiguration != nil,
            retryingConflicts: true, patch.result)
        return shown(written.object, request, incoming, written.warnings)
    }

    private func delete(_ request: ResourceRequest, _ incoming: IncomingRequest) async throws(APIError)
        -> APIAnswer
    {
        let (outcome, warnings) = try await Deletion(cluster: cluster).delete(
            request, options: try incoming.json())
        switch outcome {
        case .marked(let object): return shown(object, request, incoming, warnings)
        case .gone(let object):
            if request.resource == .pods || request.resource == .serviceAccounts
                || request.resource == .services
            {
                return shown(object, request, incoming, warnings)
            }
            var details = request.resource.details(request.name)
            details["uid"] = .string(object.uid)
            return APIAnswer(
                [
                    "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
                    "details": .object(details),
                ], warnings: warnings)
        }
    }

    private func deleteCollection(
        _ request: ResourceRequest, _ incoming: IncomingRequest
    ) async throws(APIError) -> APIAnswer {
        let filter = try ListFilter(request)
        let options = try incoming.json()
        let namespace = request.namespace.isEmpty ? nil : request.namespace
        var (objects, version) = cluster.store.list(request.resource.shelf, namespace: namespace)
        objects = objects.filter(filter.matches)
        var warnings: [String] = []
        for object in objects {
            var one = request
            one.name = object.name
            one.namespace = object.namespace
            do throws(APIError) {
                warnings += try await Deletion(cluster: cluster).delete(
                    one, options: options, ofCollection: true
                ).1
            } catch {
                guard error.code == 404 else { throw error }
            }
        }
        return APIAnswer(
            [
                "kind": .string("\(request.resource.kind)List"),
                "apiVersion": .string(request.resource.apiVersion),
                "metadata": ["resourceVersion": .string(String(version))],
                "items": .array(objects.map { Presentation.object($0, as: request.resource) }),
            ], warnings: warnings)
    }

    private func shown(
        _ object: JSONValue, _ request: ResourceRequest, _ incoming: IncomingRequest, status: Int = 200,
        _ warnings: [String] = []
    ) -> APIAnswer {
        if incoming.wantsTable {
            let table = Table(
                request.resource, cluster: cluster, includingObject: request.query["includeObject"])
            let metadata: JSONValue = ["resourceVersion": .string(object.resourceVersion)]
            return APIAnswer(status: status, table.value([object], metadata: metadata), warnings: warnings)
        }
        if incoming.accept.contains("as=PartialObjectMetadata;") {
            return APIAnswer(status: status, Presentation.metadata(of: object), warnings: warnings)
        }
        return APIAnswer(
            status: status, Presentation.object(object, as: request.resource), warnings: warnings)
    }
}
