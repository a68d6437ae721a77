// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import OpenSSL

/// Defaulting at decode time, per kind. Runs again after every webhook that changed the object.
enum ObjectDefaults {
    static func apply(to object: inout JSONValue, _ resource: Resource) {
        if let schema = resource.schema { return SchemaPruning.fillDefaults(&object, schema) }
        switch resource.kind {
        case "Namespace":
            object.put(.string(object.name), "metadata", "labels", "kubernetes.io/metadata.name")
            object.putDefault([:], "spec")
        case "Pod":
            changeSpec(of: &object, ["spec"])
            object.putDefault(true, "spec", "enableServiceLinks")
        case "Deployment": deployment(&object)
        case "ReplicaSet":
            object.putDefault(1, "spec", "replicas")
            template(&object)
        case "StatefulSet": statefulSet(&object)
        case "DaemonSet":
            object.putDefault(10, "spec", "revisionHistoryLimit")
            object.putDefault("RollingUpdate", "spec", "updateStrategy", "type")
            template(&object)
        case "Job": job(&object, ["spec"])
        case "CronJob":
            object.putDefault("Allow", "spec", "concurrencyPolicy")
            object.putDefault(false, "spec", "suspend")
            job(&object, ["spec", "jobTemplate", "spec"])
        case "Secret": secret(&object)
        case "Service": service(&object)
        case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration": webhooks(&object, resource)
        case "RoleBinding", "ClusterRoleBinding": roleBinding(&object)
        case "CustomResourceDefinition": customResource(&object)
        case "CertificateSigningRequest":
            object.putDefault(["digital signature", "key encipherment"], "spec", "usages")
        default: break
        }
    }

    private static func template(_ object: inout JSONValue) {
        changeSpec(of: &object, ["spec", "template", "spec"])
    }

    private static func changeSpec(of object: inout JSONValue, _ path: [String]) {
        guard var spec = object.find(path[...]), spec.object != nil else { return }
        PodDefaults.apply(to: &spec)
        object.put(spec, path[...])
    }

    private static func deployment(_ object: inout JSONValue) {
        object.putDefault(1, "spec", "replicas")
        object.putDefault(10, "spec", "revisionHistoryLimit")
        object.putDefault(600, "spec", "progressDeadlineSeconds")
        object.putDefault("RollingUpdate", "spec", "strategy", "type")
        if object.text("spec", "strategy", "type") == "RollingUpdate" {
            object.putDefault("25%", "spec", "strategy", "rollingUpdate", "maxUnavailable")
            object.putDefault("25%", "spec", "strategy", "rollingUpdate", "maxSurge")
        }
        template(&object)
    }

    private static func statefulSet(_ object: inout JSONValue) {
        object.putDefault(1, "spec", "replicas")
        object.putDefault(10, "spec", "revisionHistoryLimit")
        object.putDefault("OrderedReady", "spec", "podManagementPolicy")
        object.putDefault("RollingUpdate", "spec", "updateStrategy", "type")
        if object.text("spec", "updateStrategy", "type") == "RollingUpdate" {
            object.putDefault(0, "spec", "updateStrategy", "rollingUpdate", "partition")
        }
        template(&object)
    }

    private static func job(_ object: inout JSONValue, _ path: [String]) {
        guard var spec = object.find(path[...]), spec.object != nil else { return }
        for (name, value) in [("parallelism", 1), ("completions", 1), ("backoffLimit", 6)]
            as [(String, Int64)]
        {
            spec.putDefault(.integer(value), name)
        }
        spec.putDefault("NonIndexed", "completionMode")
        spec.putDefault(false, "suspend")
        if var pod = spec.find("template", "spec") {
            PodDefaults.apply(to: &pod)
            spec.put(pod, "template", "spec")
        }
        object.put(spec, path[...])
    }

    private static func secret(_ object: inout JSONValue) {
        object.putDefault("Opaque", "type")
        guard let texts = object.find("stringData")?.object else { return }
        for (key, value) in texts {
            object.put(.string(Base64.encode(Array((value.string ?? "").utf8))), "data", key)
        }
        object.put(nil, "stringData")
    }

    private static func service(_ object: inout JSONValue) {
        object.putDefault("ClusterIP", "spec", "type")
        object.putDefault("None", "spec", "sessionAffinity")
        guard object.text("spec", "type") != "ExternalName" else { return }
        object.putDefault("Cluster", "spec", "internalTrafficPolicy")
        object.putDefault(["IPv4"], "spec", "ipFamilies")
        object.putDefault("SingleStack", "spec", "ipFamilyPolicy")
        object.mapList("spec", "ports") { port in
            port.putDefault("TCP", "protocol")
            if let number = port.find("port") { port.putDefault(number, "targetPort") }
        }
    }

    private static func webhooks(_ object: inout JSONValue, _ resource: Resource) {
        object.mapList("webhooks") { webhook in
            webhook.putDefault("Fail", "failurePolicy")
            webhook.putDefault("Equivalent", "matchPolicy")
            webhook.putDefault(10, "timeoutSeconds")
            webhook.putDefault([:], "namespaceSelector")
            webhook.putDefault([:], "objectSelector")
            if resource.kind.hasPrefix("Mutating") { webhook.putDefault("Never", "reinvocationPolicy") }
            if webhook.find("clientConfig", "service") != nil {
                webhook.putDefault(443, "clientConfig", "service", "port")
            }
            webhook.mapList("rules") { $0.putDefault("*", "scope") }
            // `omitempty` in the API's types: an empty list is not stored.
            for field in ["rules", "matchConditions"] where webhook.find(field)?.array?.isEmpty == true {
                webhook.put(nil, field)
            }
        }
    }

    private static func roleBinding(_ object: inout JSONValue) {
        object.putDefault("rbac.authorization.k8s.io", "roleRef", "apiGroup")
        object.mapList("subjects") { subject in
            let isAccount = subject.text("kind") == "ServiceAccount"
            if !isAccount { subject.putDefault("rbac.authorization.k8s.io", "apiGroup") }
        }
    }

    private static func customResource(_ object: inout JSONValue) {
        guard let kind = object.text("spec", "names", "kind") else { return }
        object.putDefault(.string(kind.lowercased()), "spec", "names", "singular")
        object.putDefault(.string("\(kind)List"), "spec", "names", "listKind")
        object.putDefault("None", "spec", "conversion", "strategy")
    }
}
