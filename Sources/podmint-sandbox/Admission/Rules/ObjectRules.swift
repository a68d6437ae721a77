// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import OpenSSL

/// Light validation: what a mistaken manifest most often gets wrong. All faults at once, as the API server does.
enum ObjectRules {
    static func check(
        _ object: JSONValue, _ resource: Resource, old: JSONValue?, subresource: String = ""
    ) throws(APIError) {
        var faults = nameFaults(object, resource)
        if let schema = resource.schema {
            faults += SchemaValidation.faults(of: object, schema, old: old, isStatus: subresource == "status")
        }
        switch resource.isCustom ? "" : resource.kind {
        case "Pod":
            if let old { faults += PodUpdateRules.faults(old: old, new: object) }
            faults += PodRules.faults(object.find("spec") ?? [:], at: "spec")
        case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet": faults += workload(object)
        case "Job":
            let policy = object.text("spec", "template", "spec", "restartPolicy")
            if policy == "Always" {
                faults.append(
                    .notSupported("spec.template.spec.restartPolicy", "Always", ["OnFailure", "Never"]))
            }
            faults += PodRules.faults(
                object.find("spec", "template", "spec") ?? [:], at: "spec.template.spec")
        case "Secret": faults += secret(object, old)
        case "ConfigMap":
            if let old, old.flag("immutable"), old.find("data") != object.find("data") {
                faults.append(.forbidden("data", "field is immutable when `immutable` is set"))
            }
        case "Service":
            if object.list("spec", "ports").isEmpty, object.text("spec", "clusterIP") != "None",
                object.text("spec", "type") != "ExternalName"
            {
                faults.append(.required("spec.ports"))
            }
        case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration":
            faults += WebhookRules.faults(object)
        case "CustomResourceDefinition": faults += DefinitionRules.faults(object)
        case "Lease": faults += LeaseRules.faults(object)
        case "RoleBinding", "ClusterRoleBinding":
            if let old, old.find("roleRef") != object.find("roleRef") {
                faults.append(
                    .invalid("roleRef", object.find("roleRef")?.text ?? "", "cannot change roleRef"))
            }
        default: break
        }
        guard faults.isEmpty else {
            throw .invalid(resource.kind, group: resource.group, object.name, faults)
        }
    }

    private static func nameFaults(_ object: JSONValue, _ resource: Resource) -> [FieldError] {
        let name = object.name
        if name.isEmpty { return [.required("metadata.name", "name or generateName is required")] }
        switch resource.kind {
        case "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding":
            return NameRules.isPathSegment(name)
                ? [] : [.invalid("metadata.name", name, "may not contain '/' or '%'")]
        case "Namespace", "Service":
            return NameRules.isLabel(name) ? [] : [.invalid("metadata.name", name, NameRules.labelWords)]
        default:
            return NameRules.isSubdomain(name)
                ? [] : [.invalid("metadata.name", name, NameRules.subdomainWords)]
        }
    }

    private static func workload(_ object: JSONValue) -> [FieldError] {
        var faults: [FieldError] = []
        guard let selector = object.find("spec", "selector") else { return [.required("spec.selector")] }
        let labels = object.textMap("spec", "template", "metadata", "labels")
        if !Selector(selector).matches(labels) {
            faults.append(
                FieldError(
                    field: "spec.template.metadata.labels", reason: "FieldValueInvalid",
                    message:
                        "Invalid value: \(JSONValue.texts(labels).text): `selector` does not match template `labels`"
                ))
        }
        if let policy = object.text("spec", "template", "spec", "restartPolicy"), policy != "Always" {
            faults.append(.notSupported("spec.template.spec.restartPolicy", policy, ["Always"]))
        }
        return faults
            + PodRules.faults(object.find("spec", "template", "spec") ?? [:], at: "spec.template.spec")
    }

    private static func secret(_ object: JSONValue, _ old: JSONValue?) -> [FieldError] {
        var faults: [FieldError] = []
        let data = object.fields("data")
        if object.text("type") == "kubernetes.io/tls" {
            for key in ["tls.crt", "tls.key"] where data[key] == nil {
                faults.append(.required("data[\(key)]"))
            }
        }
        guard let old else { return faults }
        if old.find("type") != object.find("type") {
            faults.append(.invalid("type", object.text("type") ?? "", "field is immutable"))
        }
        if old.flag("immutable"), old.find("data") != object.find("data") {
            faults.append(.forbidden("data", "field is immutable when `immutable` is set"))
        }
        return faults
    }
}
