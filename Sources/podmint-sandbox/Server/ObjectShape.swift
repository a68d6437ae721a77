// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Whether a body is of the kind, name and namespace that its path says; fills in what it leaves out.
enum ObjectShape {
    static func check(_ object: inout JSONValue, _ request: ResourceRequest) throws(APIError) {
        guard object.object != nil else { throw .badRequest("the body of the request is no object") }
        let resource = request.resource
        if object.kind.isEmpty { object.put(.string(resource.kind), "kind") }
        if object.apiVersion.isEmpty { object.put(.string(resource.apiVersion), "apiVersion") }
        guard object.kind == resource.kind, object.apiVersion == resource.apiVersion else {
            throw .badRequest(
                "\(object.kind) in version \"\(object.apiVersion)\" cannot be handled as a \(resource.kind): "
                    + "the API version in the data (\(object.apiVersion)) does not match the expected API version "
                    + "(\(resource.apiVersion))")
        }
        if object.find("metadata")?.object == nil { object.put([:], "metadata") }
        if resource.isNamespaced {
            if object.namespace.isEmpty { object.put(.string(request.namespace), "metadata", "namespace") }
            guard object.namespace == request.namespace else {
                throw .badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request")
            }
        } else {
            object.put(nil, "metadata", "namespace")
        }
        guard request.name.isEmpty || object.name.isEmpty || object.name == request.name else {
            throw .badRequest(
                "the name of the object (\(object.name)) does not match the name on the URL (\(request.name))"
            )
        }
        if object.name.isEmpty, !request.name.isEmpty {
            object.put(.string(request.name), "metadata", "name")
        }
    }
}

/// A new object before and after admission.
enum NewObject {
    /// Drops what only the server may set.
    static func prepare(_ object: inout JSONValue, _ resource: Resource) {
        for field in [
            "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink",
        ] {
            object.put(nil, "metadata", field)
        }
        if resource.subresources.contains("status"), resource != .namespaces, resource != .nodes {
            object.put(nil, "status")
        }
        if resource == .namespaces { object.put(nil, "status") }
    }

    /// Name, UID, birth; and what the strategy of a kind sets itself.
    static func identify(_ object: inout JSONValue, _ resource: Resource, _ cluster: Cluster) {
        if object.name.isEmpty, object.text("metadata", "generateName") != nil { rename(&object, cluster) }
        object.put(.string(cluster.surroundings.uuid()), "metadata", "uid")
        object.put(.string(cluster.surroundings.now), "metadata", "creationTimestamp")
        if object.find("spec") != nil, ![.namespaces, .services, .nodes].contains(resource) {
            object.put(1, "metadata", "generation")
        }
        switch resource {
        case .namespaces:
            object.put(["kubernetes"], "spec", "finalizers")
            object.put("Active", "status", "phase")
        case .mutatingWebhooks, .validatingWebhooks: object.put(1, "metadata", "generation")
        case .pods:
            object.put(
                ["phase": "Pending", "qosClass": .string(QualityOfService.of(object.find("spec") ?? [:]))],
                "status")
        case .services:
            let isHeadless = object.text("spec", "clusterIP") == "None"
            if object.text("spec", "type") != "ExternalName", !isHeadless {
                object.putDefault(.string(cluster.ports.serviceAddress()), "spec", "clusterIP")
            }
            if let address = object.find("spec", "clusterIP") { object.put([address], "spec", "clusterIPs") }
            object.putDefault(["loadBalancer": [:]], "status")
        case .customResources:
            // Its controller fills it in, and serves it then.
            object.put(
                ["conditions": [], "acceptedNames": ["plural": "", "kind": ""], "storedVersions": []],
                "status")
        case .deployments, .replicaSets, .statefulSets, .daemonSets, .jobs: object.putDefault([:], "status")
        case .signingRequests:
            object.put([:], "status")
        default: break
        }
    }

    /// 58 characters and a suffix of 5 stay within the 63 of a label.
    static func rename(_ object: inout JSONValue, _ cluster: Cluster) {
        let prefix = (object.text("metadata", "generateName") ?? "").prefix(58)
        object.put(.string(prefix + cluster.surroundings.suffix()), "metadata", "name")
    }
}

/// An updated object: the parts that this request may not change come from what is stored.
enum UpdatedObject {
    static func keepWhatIsNotTheirs(
        _ object: inout JSONValue, _ current: JSONValue, _ request: ResourceRequest
    ) {
        if request.subresource == "status" {
            let status = object.find("status")
            let managed = object.find("metadata", "managedFields")
            object = current
            object.put(status, "status")
            object.put(managed, "metadata", "managedFields")
        } else if request.subresource == "approval" {
            let conditions = object.find("status", "conditions")
            object = current
            object.put(conditions, "status", "conditions")
        } else if request.resource.subresources.contains("status") {
            object.put(current.find("status"), "status")
        }
        for field in [
            "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName",
        ] {
            object.put(current.find("metadata", field), "metadata", field)
        }
        object.put(.string(current.resourceVersion), "metadata", "resourceVersion")
        if request.resource == .services {
            for field in ["clusterIP", "clusterIPs"] where object.find("spec", field) == nil {
                object.put(current.find("spec", field), "spec", field)
            }
        }
        if let generation = current.number("metadata", "generation") {
            let isChanged = object.find("spec") != current.find("spec")
            object.put(.integer(generation + (isChanged ? 1 : 0)), "metadata", "generation")
        }
        if request.resource == .namespaces, request.subresource != "finalize" {
            object.put(current.find("spec"), "spec")
        }
    }
}
