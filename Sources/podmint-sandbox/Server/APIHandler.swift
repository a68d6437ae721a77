// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import HTTPTransport
internal import JSON

/// The front door: faults, who asks, whether they may, and on to what answers.
struct APIHandler: HTTPHandler {
    let cluster: Cluster
    let podLogs: any PodLogSource

    func respond(to request: borrowing HTTPRequest) -> HTTPAnswer {
        let incoming = IncomingRequest(request)
        if let fault = cluster.faults.take(incoming.method, incoming.path) { return play(fault, incoming) }
        do throws(APIError) {
            if let watch = try watch(incoming) { return watch }
        } catch {
            return .now(APIAnswer(error).response)
        }
        return .later { await answer(incoming).response }
    }

    /// Everything but watches.
    func answer(_ incoming: IncomingRequest) async -> APIAnswer {
        do throws(APIError) {
            let identity = try authenticate(incoming)
            switch try Route(incoming.path, registry: cluster.registry) {
            case .other:
                try AccessControl(cluster: cluster).authorize(
                    identity, AccessRequest(verb: incoming.method.lowercased(), path: incoming.path))
                return try PathAnswers(cluster: cluster).answer(incoming, identity)
            case .resource(let resource, let namespace, let name, let subresource):
                let request = ResourceRequest(
                    resource: resource, namespace: namespace, name: name, subresource: subresource,
                    identity: identity,
                    query: incoming.query, userAgent: incoming.userAgent)
                let verb = try Verb(incoming.method, request)
                try AccessControl(cluster: cluster).authorize(identity, verb, request)
                let answers = ResourceAnswers(cluster: cluster, podLogs: podLogs)
                return try await answers.answer(verb, request, incoming)
            }
        } catch {
            return APIAnswer(error)
        }
    }

    /// A watch is answered bit by bit, so it leaves here before any task starts.
    private func watch(_ incoming: IncomingRequest) throws(APIError) -> HTTPAnswer? {
        guard incoming.method == "GET", incoming.query.flag("watch"),
            case .resource(let resource, let namespace, let name, "") = try Route(
                incoming.path, registry: cluster.registry)
        else { return nil }
        let identity = try authenticate(incoming)
        var request = ResourceRequest(
            resource: resource, namespace: namespace, name: name, identity: identity, query: incoming.query)
        try AccessControl(cluster: cluster).authorize(identity, .watch, request)
        request.userAgent = incoming.userAgent
        let stream = try WatchStream(cluster: cluster, request: request, asTable: incoming.wantsTable)
        return .stream(
            HTTPResponse(
                status: 200,
                fields: [("content-type", "application/json"), ("cache-control", "no-cache, private")])
        ) { writer in stream.run(writer) }
    }

    private func play(_ fault: Fault, _ incoming: IncomingRequest) -> HTTPAnswer {
        .later {
            if fault.delayMilliseconds > 0 {
                try? await Task.sleep(for: .milliseconds(fault.delayMilliseconds))
            }
            if let error = fault.error { return APIAnswer(error).response }
            return await answer(incoming).response
        }
    }

    private func authenticate(_ incoming: IncomingRequest) throws(APIError) -> Identity {
        guard !incoming.authorization.isEmpty else { return .anonymous }
        let parts = incoming.authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw .unauthorized }
        let authenticator = TokenAuthenticator(store: cluster.store, tokens: cluster.tokens, now: cluster.now)
        guard
            case .valid(let identity, _) = authenticator.judge(
                String(parts[1]), audiences: [TokenTable.defaultAudience])
        else { throw .unauthorized }
        return try impersonated(identity, incoming)
    }

    /// `kubectl --as`; only the all-powerful may, RBAC for it is not what a sandbox tests.
    private func impersonated(_ identity: Identity, _ incoming: IncomingRequest) throws(APIError) -> Identity
    {
        let user = incoming.impersonatedUser
        guard !user.isEmpty else { return identity }
        guard identity.isAllPowerful else {
            throw APIError(
                code: 403, reason: "Forbidden",
                message: "users \"\(user)\" is forbidden: "
                    + AccessRequest(verb: "impersonate", group: "", resource: "users").refusal(identity))
        }
        let parts = user.split(separator: ":").map(String.init)
        if parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount",
            incoming.impersonatedGroups.isEmpty
        {
            return .serviceAccount(namespace: parts[2], name: parts[3], uid: "")
        }
        return Identity(username: user, groups: incoming.impersonatedGroups + ["system:authenticated"])
    }
}

/// The verbs of RBAC, told from method and path.
enum Verb: String, Sendable {
    case get, list, watch, create, update, patch, delete, deletecollection

    init(_ method: String, _ request: ResourceRequest) throws(APIError) {
        let isCollection = request.name.isEmpty
        switch method {
        case "GET", "HEAD": self = isCollection ? .list : .get
        case "POST": self = .create
        case "PUT": self = .update
        case "PATCH": self = .patch
        case "DELETE": self = isCollection ? .deletecollection : .delete
        default: throw .methodNotAllowed(request.resource)
        }
        let needsName = self == .update || self == .patch
        if needsName && isCollection || self == .create && !isCollection && request.subresource.isEmpty {
            throw .methodNotAllowed(request.resource)
        }
        if request.resource.isCreateOnly, self != .create { throw .methodNotAllowed(request.resource) }
    }
}
