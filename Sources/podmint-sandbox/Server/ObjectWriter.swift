// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What a write left behind.
struct Written: Sendable {
    var object: JSONValue
    var warnings: [String] = []
    var isNew = false
}

/// Creating and replacing: defaults, admission, rules, store, in the API server's order.
struct ObjectWriter {
    let cluster: Cluster

    func create(_ request: ResourceRequest, _ body: JSONValue, applied: Bool = false) async throws(APIError)
        -> Written
    {
        var object = body
        try ObjectShape.check(&object, request)
        try checkNamespace(request)
        guard object.resourceVersion.isEmpty else {
            throw .badRequest("resourceVersion should not be set on objects to be created")
        }
        let mode = request.query["fieldValidation"] ?? "Warn"
        var warnings = try StrictFields.apply(to: &object, request.resource, mode: mode)
        NewObject.prepare(&object, request.resource)
        ObjectDefaults.apply(to: &object, request.resource)
        if !applied { record(from: nil, to: &object, request) }
        var attributes = AdmissionAttributes(
            resource: request.resource, operation: .create, namespace: admissionNamespace(request, object),
            name: object.name, identity: request.identity, isDryRun: request.isDryRun,
            options: request.options(applied ? "PatchOptions" : "CreateOptions"))
        let chain = AdmissionChain(cluster: cluster)
        warnings += try await chain.mutate(&object, attributes)
        NewObject.identify(&object, request.resource, cluster)
        try ObjectRules.check(object, request.resource, old: nil)
        attributes.name = object.name
        warnings += try await chain.validate(object, attributes)
        guard !request.isDryRun else { return Written(object: object, warnings: warnings, isNew: true) }
        // Generated names can meet; the API server tries again, too.
        for _ in 0..<8
        where body.name.isEmpty
            && cluster.store.object(request.resource.shelf, object.key) != nil
        { NewObject.rename(&object, cluster) }
        let stored = try cluster.store.create(request.resource, object)
        SideEffects(cluster: cluster).afterWrite(stored, request.resource)
        return Written(object: stored, warnings: warnings, isNew: true)
    }

    /// PUT, and the end of every PATCH: `change` turns what is stored into what is wanted.
    func update(
        _ request: ResourceRequest, options: String = "UpdateOptions", applied: Bool = false,
        retryingConflicts: Bool = false, _ change: (JSONValue) throws(APIError) -> JSONValue
    ) async throws(APIError) -> Written {
        var attempts = 0
        while true {
            attempts += 1
            do throws(APIError) {
                return try await updateOnce(request, options, applied, change)
            } catch {
                // A patch says what to do, not what to end with, so it can be done again on the newer object.
                guard retryingConflicts, attempts < 5, error.code == 409,
                    error.message.hasSuffix(APIError.modified)
                else { throw error }
            }
        }
    }

    private func updateOnce(
        _ request: ResourceRequest, _ options: String, _ applied: Bool,
        _ change: (JSONValue) throws(APIError) -> JSONValue
    ) async throws(APIError) -> Written {
        guard let current = cluster.store.object(request.resource.shelf, request.key) else {
            throw .notFound(request.resource, request.name)
        }
        var object = try change(current)
        try ObjectShape.check(&object, request)
        let stated = object.resourceVersion
        if stated.isEmpty, request.resource.needsVersion {
            throw .invalid(
                request.resource.plural, group: request.resource.group, request.name,
                [.invalid("metadata.resourceVersion", 0, "must be specified for an update")])
        }
        guard stated.isEmpty || stated == current.resourceVersion else {
            throw .conflict(request.resource, request.name)
        }
        if !object.uid.isEmpty, object.uid != current.uid {
            throw .invalid(
                request.resource.kind, group: request.resource.group, request.name,
                [.invalid("metadata.uid", object.uid, "field is immutable")])
        }
        let mode = request.query["fieldValidation"] ?? "Warn"
        var warnings = try strictFields(of: &object, request, mode: mode, isPatch: options == "PatchOptions")
        ObjectDefaults.apply(to: &object, request.resource)
        UpdatedObject.keepWhatIsNotTheirs(&object, current, request)
        if !applied { record(from: current, to: &object, request) }
        let attributes = AdmissionAttributes(
            resource: request.resource, subresource: request.subresource, operation: .update,
            namespace: admissionNamespace(request, object), name: request.name, identity: request.identity,
            isDryRun: request.isDryRun, options: request.options(options), oldObject: current)
        let chain = AdmissionChain(cluster: cluster)
        warnings += try await chain.mutate(&object, attributes)
        UpdatedObject.keepWhatIsNotTheirs(&object, current, request)
        try ObjectRules.check(object, request.resource, old: current, subresource: request.subresource)
        warnings += try await chain.validate(object, attributes)
        guard !request.isDryRun else { return Written(object: object, warnings: warnings) }
        var stored = try cluster.store.replace(request.resource, object, expecting: current.resourceVersion)
        if stored.isBeingDeleted, stored.finalizers.isEmpty, Deletion.isOverOnceUnfinalized(stored) {
            stored = cluster.store.remove(request.resource, stored.key) ?? stored
        }
        SideEffects(cluster: cluster).afterWrite(stored, request.resource)
        return Written(object: stored, warnings: warnings)
    }

    /// A patch that brings unknown fields is told with the object it would have made.
    private func strictFields(
        of object: inout JSONValue, _ request: ResourceRequest, mode: String, isPatch: Bool
    ) throws(APIError) -> [String] {
        let whole = object
        do throws(APIError) {
            return try StrictFields.apply(to: &object, request.resource, mode: mode)
        } catch {
            guard isPatch, let why = error.message.firstRange(of: "strict decoding error: ") else {
                throw error
            }
            throw .invalid(
                request.resource.kind, group: request.resource.group, request.name,
                [.invalid("patch", whole.text, String(error.message[why.lowerBound...]))])
        }
    }

    private func record(from old: JSONValue?, to object: inout JSONValue, _ request: ResourceRequest) {
        ManagedFields.recordUpdate(
            from: old, to: &object, manager: request.fieldManager, resource: request.resource,
            subresource: request.subresource, now: cluster.surroundings.now)
    }

    /// A Namespace is reviewed as living in itself.
    private func admissionNamespace(_ request: ResourceRequest, _ object: JSONValue) -> String {
        request.resource == .namespaces ? object.name : request.namespace
    }

    private func checkNamespace(_ request: ResourceRequest) throws(APIError) {
        guard request.resource.isNamespaced else { return }
        guard let namespace = cluster.store.object(.namespaces, "", request.namespace) else {
            throw .notFound(.namespaces, request.namespace)
        }
        guard !namespace.isBeingDeleted else {
            var error = APIError.forbidden(
                request.resource, request.name,
                "unable to create new content in namespace \(request.namespace) because it is being terminated"
            )
            error.details["causes"] = [
                [
                    "reason": "NamespaceTerminating",
                    "message": .string("namespace \(request.namespace) is being terminated"),
                    "field": "metadata.namespace",
                ]
            ]
            throw error
        }
    }
}
