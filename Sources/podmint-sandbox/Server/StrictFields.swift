// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import OpenSSL

/// What decoding into the built-in types refuses or drops: data that is no base64, fields that do not exist.
///
/// Only the fields that people and podmint write are known here by name; deeper down everything is let through.
enum StrictFields {
    /// `fieldValidation`: Strict refuses, Warn and Ignore drop (Warn also says so).
    static func apply(to object: inout JSONValue, _ resource: Resource, mode: String) throws(APIError)
        -> [String]
    {
        try checkData(object, resource)
        if let schema = resource.schema {
            return try answer(SchemaPruning.prune(&object, schema), resource, mode)
        }
        var unknown: [String] = []
        keep(known(resource), of: &object, [], &unknown)
        let podSpec = podSpecPath(resource.kind)
        if !podSpec.isEmpty {
            keep(podFields, of: &object, podSpec, &unknown)
            for list in ["initContainers", "containers"] {
                guard var containers = object.find((podSpec + [list])[...])?.array else { continue }
                for index in containers.indices {
                    var found: [String] = []
                    keep(containerFields, of: &containers[index], [], &found)
                    unknown += found.map { "\(podSpec.joined(separator: ".")).\(list)[\(index)].\($0)" }
                }
                object.put(.array(containers), (podSpec + [list])[...])
            }
        }
        return try answer(unknown, resource, mode)
    }

    private static func answer(_ unknown: [String], _ resource: Resource, _ mode: String) throws(APIError)
        -> [String]
    {
        guard !unknown.isEmpty else { return [] }
        let words = unknown.map { "unknown field \"\($0)\"" }
        if mode == "Strict" {
            throw .badRequest(
                "\(resource.kind) in version \"\(resource.version)\" cannot be handled as a \(resource.kind): "
                    + "strict decoding error: \(words.joined(separator: ", "))")
        }
        return mode == "Ignore" ? [] : words
    }

    private static func keep(
        _ allowed: Set<String>, of object: inout JSONValue, _ path: [String], _ unknown: inout [String]
    ) {
        guard let fields = object.find(path[...])?.object else { return }
        for (name, _) in fields where !allowed.contains(name) {
            unknown.append((path + [name]).joined(separator: "."))
            object.put(nil, (path + [name])[...])
        }
    }

    private static func checkData(_ object: JSONValue, _ resource: Resource) throws(APIError) {
        if resource == .leases { try LeaseRules.checkTimes(object) }
        guard resource == .secrets else { return }
        for (_, value) in object.fields("data") {
            guard let text = value.string else { continue }
            guard Base64.decode(text) == nil else { continue }
            throw .badRequest(
                "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte "
                    + "\(firstBadByte(text))")
        }
    }

    /// Where Go's decoder stops: at the first foreign character, else at the last incomplete group of four.
    private static func firstBadByte(_ text: String) -> Int {
        let bytes = Array(text.utf8)
        let bad = bytes.firstIndex { byte in
            !(byte == 0x2b || byte == 0x2f || byte == 0x3d || (0x30...0x39).contains(byte)
                || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte))
        }
        return bad ?? bytes.count / 4 * 4
    }

    private static func podSpecPath(_ kind: String) -> [String] {
        switch kind {
        case "Pod": ["spec"]
        case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job": ["spec", "template", "spec"]
        case "CronJob": ["spec", "jobTemplate", "spec", "template", "spec"]
        default: []
        }
    }

    private static func known(_ resource: Resource) -> Set<String> {
        let common: Set<String> = ["apiVersion", "kind", "metadata"]
        switch resource.kind {
        case "Secret": return common.union(["data", "stringData", "type", "immutable"])
        case "ConfigMap": return common.union(["data", "binaryData", "immutable"])
        case "ServiceAccount":
            return common.union(["secrets", "imagePullSecrets", "automountServiceAccountToken"])
        case "Role": return common.union(["rules"])
        case "ClusterRole": return common.union(["rules", "aggregationRule"])
        case "RoleBinding", "ClusterRoleBinding": return common.union(["subjects", "roleRef"])
        case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration":
            return common.union(["webhooks"])
        case "Endpoints": return common.union(["subsets"])
        case "EndpointSlice": return common.union(["addressType", "endpoints", "ports"])
        case "Event":
            return common.union([
                "involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count",
                "type",
                "eventTime", "series", "action", "related", "reportingComponent", "reportingInstance",
            ])
        default: return common.union(["spec", "status"])
        }
    }

    private static let podFields: Set<String> = [
        "volumes", "initContainers", "containers", "ephemeralContainers", "restartPolicy",
        "terminationGracePeriodSeconds", "activeDeadlineSeconds", "dnsPolicy", "nodeSelector",
        "serviceAccountName",
        "serviceAccount", "automountServiceAccountToken", "nodeName", "hostNetwork", "hostPID", "hostIPC",
        "shareProcessNamespace", "securityContext", "imagePullSecrets", "hostname", "subdomain", "affinity",
        "schedulerName", "tolerations", "hostAliases", "priorityClassName", "priority", "dnsConfig",
        "readinessGates",
        "runtimeClassName", "enableServiceLinks", "preemptionPolicy", "overhead", "topologySpreadConstraints",
        "setHostnameAsFQDN", "os", "hostUsers", "schedulingGates", "resourceClaims", "resources",
        "hostnameOverride",
        "workloadRef",
    ]

    private static let containerFields: Set<String> = [
        "name", "image", "command", "args", "workingDir", "ports", "envFrom", "env", "resources",
        "resizePolicy",
        "restartPolicy", "restartPolicyRules", "volumeMounts", "volumeDevices", "livenessProbe",
        "readinessProbe",
        "startupProbe", "lifecycle", "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy",
        "securityContext", "stdin", "stdinOnce", "tty",
    ]
}
