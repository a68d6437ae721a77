// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The objects of an installation, in the order in which they may be applied.
///
/// With `advertise` the server runs outside the cluster, so there is nothing to schedule: the kinds, the
/// namespace, the rights and the webhooks remain.
struct InstallManifests {
    let options: InstallOptions

    var objects: [JSONValue] {
        let rights = Rights(options: options)
        let webhooks = WebhookConfigurations(options: options)
        let workload = Workload(options: options)
        // The kinds first: an API server takes a moment until it serves them.
        let kinds = CustomResource.all.map { $0.definition(options) }
        let scheduled = NetworkRules(options: options).objects + workload.objects
        return kinds + [namespace] + rights.objects + TenantRoles(options: options).objects
            + (options.advertise == nil ? scheduled : [])
            + webhooks.objects
    }

    private var namespace: JSONValue {
        var labels = options.labels(component: "namespace")
        labels.append(("pod-security.kubernetes.io/enforce", "restricted"))
        return [
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": ["name": .string(options.namespace), "labels": .labels(labels)],
        ]
    }
}

extension JSONValue {
    /// An object of strings, in the order given.
    static func labels(_ pairs: [(String, String)]) -> JSONValue {
        var object = JSONObject()
        for (name, value) in pairs { object[name] = .string(value) }
        return .object(object)
    }

    static func strings(_ list: [String]) -> JSONValue { .array(list.map(JSONValue.string)) }
}
