// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Requests that are not plain reading and writing: reviews, tokens, logs, evictions, scale.
struct SubresourceAnswers {
    let cluster: Cluster
    let podLogs: any PodLogSource

    func answer(
        _ verb: Verb, _ request: ResourceRequest, _ incoming: IncomingRequest
    ) async throws(APIError) -> APIAnswer? {
        switch (request.resource, request.subresource, verb) {
        case (.tokenReviews, "", .create):
            return APIAnswer(status: 201, TokenRequests(cluster: cluster).review(try incoming.json()))
        case (.accessReviews, "", .create), (.selfAccessReviews, "", .create),
            (.selfSubjectReviews, "", .create):
            let reviews = AccessReviews(store: cluster.store)
            return APIAnswer(
                status: 201,
                try reviews.answer(
                    try incoming.json(), request.resource, asker: request.identity,
                    now: cluster.surroundings.now))
        case (.serviceAccounts, "token", .create):
            let requests = TokenRequests(cluster: cluster)
            return APIAnswer(
                status: 201,
                try requests.issue(try incoming.json(), namespace: request.namespace, account: request.name))
        case (.pods, "log", .get): return try log(request)
        case (.pods, "eviction", .create):
            var plain = request
            plain.subresource = ""
            let options = try incoming.json().find("deleteOptions") ?? [:]
            _ = try await Deletion(cluster: cluster).delete(plain, options: options)
            return APIAnswer(
                status: 201, ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success"])
        case (.namespaces, "finalize", .update): return try finalize(request, try incoming.json())
        case (_, "scale", _): return try await scale(verb, request, incoming)
        default: return nil
        }
    }

    private func log(_ request: ResourceRequest) throws(APIError) -> APIAnswer {
        guard let pod = cluster.store.object(.pods, request.namespace, request.name) else {
            throw .notFound(.pods, request.name)
        }
        let names = (pod.list("spec", "containers") + pod.list("spec", "initContainers")).compactMap {
            $0.text("name")
        }
        let container = request.query["container"] ?? names.first ?? ""
        guard names.contains(container) else {
            throw .badRequest("container \(container) is not valid for pod \(request.name)")
        }
        let lines = request.query["tailLines"].flatMap { Int($0) }
        return APIAnswer(
            text: podLogs.log(namespace: request.namespace, pod: request.name, container, lastLines: lines))
    }

    private func finalize(_ request: ResourceRequest, _ body: JSONValue) throws(APIError) -> APIAnswer {
        let changed = cluster.store.change(.namespaces, request.key) { namespace in
            namespace.put(.texts(body.list("spec", "finalizers").compactMap(\.string)), "spec", "finalizers")
        }
        guard let changed else { throw .notFound(.namespaces, request.name) }
        if changed.isBeingDeleted, changed.list("spec", "finalizers").isEmpty, changed.finalizers.isEmpty {
            cluster.store.remove(.namespaces, request.key)
        }
        return APIAnswer(changed)
    }

    /// `kubectl scale`: the number of replicas, seen as an object of its own.
    private func scale(
        _ verb: Verb, _ request: ResourceRequest, _ incoming: IncomingRequest
    ) async throws(APIError) -> APIAnswer {
        guard let owner = cluster.store.object(request.resource.shelf, request.key) else {
            throw .notFound(request.resource, request.name)
        }
        var plain = request
        plain.subresource = ""
        var object = owner
        if verb == .patch || verb == .update {
            let body = try incoming.json()
            guard let replicas = body.find("spec", "replicas"), replicas.integer != nil else {
                throw .badRequest("spec.replicas is missing")
            }
            object = try await ObjectWriter(cluster: cluster).update(plain, retryingConflicts: true) {
                current in
                var changed = current
                changed.put(replicas, "spec", "replicas")
                return changed
            }.object
        }
        return APIAnswer([
            "kind": "Scale", "apiVersion": "autoscaling/v1",
            "metadata": [
                "name": .string(object.name), "namespace": .string(object.namespace),
                "uid": .string(object.uid),
                "resourceVersion": .string(object.resourceVersion),
            ],
            "spec": ["replicas": object.find("spec", "replicas") ?? 0],
            "status": ["replicas": object.find("status", "replicas") ?? 0],
        ])
    }
}

/// Where `kubectl logs` reads: the kubelet's files, or a word that nothing runs.
protocol PodLogSource: Sendable {
    func log(namespace: String, pod: String, _ container: String, lastLines: Int?) -> String
}

struct NoPodLogs: PodLogSource {
    func log(namespace: String, pod: String, _ container: String, lastLines: Int?) -> String { "" }
}
