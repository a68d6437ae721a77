// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Deleting: admission, preconditions, finalizers, a pod's grace.
struct Deletion {
    let cluster: Cluster

    enum Outcome: Sendable {
        case gone(JSONValue)
        /// Still there, marked: finalizers or the kubelet have work to do.
        case marked(JSONValue)
    }

    /// Of a collection each object is judged alone, and as in a real API server its review has no name.
    func delete(
        _ request: ResourceRequest, options: JSONValue, ofCollection: Bool = false
    ) async throws(APIError) -> (Outcome, [String]) {
        guard let current = cluster.store.object(request.resource.shelf, request.key) else {
            throw .notFound(request.resource, request.name)
        }
        try checkPreconditions(options, current, request)
        let isDryRun = request.isDryRun || options.list("dryRun").contains("All")
        var review = request.options("DeleteOptions")
        for (key, value) in options.object ?? [:] where key != "kind" && key != "apiVersion" {
            review.put(value, key)
        }
        let attributes = AdmissionAttributes(
            resource: request.resource, operation: .delete,
            namespace: request.resource == .namespaces ? request.name : request.namespace,
            name: ofCollection ? "" : request.name, identity: request.identity, isDryRun: isDryRun,
            options: review, oldObject: current)
        let chain = AdmissionChain(cluster: cluster)
        var nothing: JSONValue = .null
        var warnings = try await chain.mutate(&nothing, attributes)
        warnings += try await chain.validate(nil, attributes)
        if isDryRun { return (.gone(current), warnings) }
        return (try remove(current, request.resource, options, query: request.query), warnings)
    }

    /// Past admission: marks or removes.
    func remove(
        _ current: JSONValue, _ resource: Resource, _ options: JSONValue, query: Query = Query()
    ) throws(APIError) -> Outcome {
        let policy = options.text("propagationPolicy") ?? query["propagationPolicy"]
        let orphans = policy == "Orphan" || options.flag("orphanDependents")
        var finalizers = current.finalizers
        if policy == "Foreground" { finalizers.append("foregroundDeletion") }
        if orphans { orphan(current) }
        let grace = grace(current, resource, options, query)
        guard !finalizers.isEmpty || grace > 0 || resource == .namespaces else {
            if resource == .pods { stamp(current, resource, finalizers, grace: 0) }
            guard let removed = cluster.store.remove(resource, current.key, uid: current.uid) else {
                throw .notFound(resource, current.name)
            }
            if resource == .customResources { dropCustomResources(of: current) }
            return .gone(removed)
        }
        guard let marked = stamp(current, resource, finalizers, grace: grace) else {
            throw .notFound(resource, current.name)
        }
        return .marked(marked)
    }

    /// Watchers see the mark before the end, even where nothing is left to wait for.
    @discardableResult
    private func stamp(
        _ current: JSONValue, _ resource: Resource, _ finalizers: [String], grace: Int64
    ) -> JSONValue? {
        let time = Surroundings.text(cluster.now + grace)
        return cluster.store.change(resource, current.key) { object in
            if !finalizers.isEmpty { object.put(.texts(finalizers), "metadata", "finalizers") }
            if !object.isBeingDeleted
                || grace < (object.number("metadata", "deletionGracePeriodSeconds") ?? 0)
            {
                object.put(.string(time), "metadata", "deletionTimestamp")
                object.put(.integer(grace), "metadata", "deletionGracePeriodSeconds")
                if let generation = object.number("metadata", "generation") {
                    object.put(.integer(generation + 1), "metadata", "generation")
                }
            }
            if resource == .namespaces { object.put("Terminating", "status", "phase") }
        }
    }

    /// A pod on a node gets its time to stop; the kubelet then deletes it with none.
    private func grace(_ object: JSONValue, _ resource: Resource, _ options: JSONValue, _ query: Query)
        -> Int64
    {
        guard resource == .pods, object.text("spec", "nodeName") != nil, cluster.hasKubelet,
            !["Succeeded", "Failed"].contains(object.text("status", "phase"))
        else { return 0 }
        return options.number("gracePeriodSeconds") ?? query["gracePeriodSeconds"].flatMap { Int64($0) }
            ?? object.number("spec", "terminationGracePeriodSeconds") ?? 30
    }

    private func checkPreconditions(
        _ options: JSONValue, _ current: JSONValue, _ request: ResourceRequest
    ) throws(APIError) {
        if let uid = options.text("preconditions", "uid"), uid != current.uid {
            throw .conflict(
                request.resource, request.name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(current.uid)")
        }
        if let version = options.text("preconditions", "resourceVersion"), version != current.resourceVersion
        {
            throw .conflict(
                request.resource, request.name,
                "Precondition failed: ResourceVersion in precondition: \(version), "
                    + "ResourceVersion in object meta: \(current.resourceVersion)")
        }
    }

    private func orphan(_ owner: JSONValue) {
        for resource in cluster.registry.all where !resource.isCreateOnly {
            for object in cluster.store.list(resource)
            where object.ownerReferences.contains(where: { $0.text("uid") == owner.uid }) {
                cluster.store.change(resource, object.key) { object in
                    let rest = object.ownerReferences.filter { $0.text("uid") != owner.uid }
                    object.put(rest.isEmpty ? nil : .array(rest), "metadata", "ownerReferences")
                }
            }
        }
    }

    private func dropCustomResources(of definition: JSONValue) {
        let mine = cluster.registry.all.filter {
            $0.isCustom && $0.group == definition.text("spec", "group")
                && $0.kind == definition.text("spec", "names", "kind")
        }
        for resource in mine {
            for object in cluster.store.list(resource) { cluster.store.remove(resource, object.key) }
        }
        cluster.registry.forget(definition: definition.name)
    }

    /// A pod still waits for its kubelet, a namespace for its content.
    static func isOverOnceUnfinalized(_ object: JSONValue) -> Bool {
        switch object.kind {
        case "Pod": object.number("metadata", "deletionGracePeriodSeconds") == 0
        case "Namespace": object.list("spec", "finalizers").isEmpty
        default: true
        }
    }
}
