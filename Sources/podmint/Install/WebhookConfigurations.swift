// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import OpenSSL

/// Both webhook configurations. Entry names are frozen once released: an upgrade must find its own.
///
/// Neither carries a `caBundle`, unless an upgrade brings one: the running server writes it, and a later apply of these
/// leaves it alone.
struct WebhookConfigurations {
    let options: InstallOptions

    var objects: [JSONValue] {
        [
            configuration("MutatingWebhookConfiguration", [pods, selectedPods]),
            configuration(
                "ValidatingWebhookConfiguration",
                [finalPods, secrets, deletedSecrets, workloads, selectedWorkloads, policies]),
        ]
    }

    private var pods: JSONValue {
        var entry = entry(
            "pods.podmint.dev", path: "/mutate/pods", resource: "pods", operations: ["CREATE"],
            conditions: [Self.podIsAnnotated])
        entry["reinvocationPolicy"] = "IfNeeded"
        entry["namespaceSelector"] = namespaceSelector(["enabled", "audit"])
        return .object(entry)
    }

    /// Where TLSPolicies select by label, all pods are looked at. A condition like "not annotated" would not do: it is asked
    /// again at reinvocation, when the pod carries podmint's status.
    private var selectedPods: JSONValue {
        var entry = entry(
            "selected-pods.podmint.dev", path: "/mutate/pods", resource: "pods", operations: ["CREATE"],
            conditions: [])
        entry["reinvocationPolicy"] = "IfNeeded"
        entry["namespaceSelector"] = namespaceSelector(["policies"])
        return .object(entry)
    }

    /// Sees the pod after every other mutator, and refuses one that lost what it asked for.
    private var finalPods: JSONValue {
        .object(
            entry(
                "final-pods.podmint.dev", path: "/validate/pods", resource: "pods", operations: ["CREATE"],
                conditions: [Self.podIsAnnotated]))
    }

    private var secrets: JSONValue {
        .object(
            entry(
                "secrets.podmint.dev", path: "/validate/secrets", resource: "secrets",
                operations: ["CREATE", "UPDATE"],
                conditions: [Self.secretHoldsCertificate, Self.secretChanges]))
    }

    /// Says who would miss it. Never in the way: a cluster must be able to clean up without podmint.
    private var deletedSecrets: JSONValue {
        var entry = entry(
            "deleted-secrets.podmint.dev", path: "/validate/secrets", resource: "secrets",
            operations: ["DELETE"], conditions: [Self.deletedSecretHoldsCertificate])
        entry["failurePolicy"] = "Ignore"
        return .object(entry)
    }

    /// Templates, so that whoever applies one hears at once what its pods would be told. What changes nothing about the pods
    /// (scaling, a finalizer that goes, a ReplicaSet of a Deployment) never waits for podmint.
    private var workloads: JSONValue {
        .object(workloads("workloads.podmint.dev", where: Self.templateIsAnnotated))
    }

    /// Where TLSPolicies select by label, templates without an annotation too. An entry of its own, since a match condition sees
    /// no labels of namespaces.
    private var selectedWorkloads: JSONValue {
        var entry = workloads("selected-workloads.podmint.dev", where: Self.templateIsNotAnnotated)
        entry["namespaceSelector"] = namespaceSelector(["policies"])
        return .object(entry)
    }

    private func workloads(_ name: String, where condition: (name: String, expression: String)) -> JSONObject
    {
        var entry = entry(
            name, path: "/validate/workloads", resource: "deployments", operations: ["CREATE", "UPDATE"],
            conditions: [Self.hasNoController, Self.templateChanges, condition])
        entry["rules"] = [
            rule(
                group: "apps", resources: ["deployments", "statefulsets", "daemonsets", "replicasets"],
                operations: ["CREATE", "UPDATE"]),
            rule(group: "batch", resources: ["jobs", "cronjobs"], operations: ["CREATE", "UPDATE"]),
        ]
        return entry
    }

    /// podmint's own kinds, wherever they are made: a policy is refused before anybody relies on it. An update that leaves the
    /// spec alone never waits for podmint.
    private var policies: JSONValue {
        var entry = entry(
            "policies.podmint.dev", path: "/validate/policies", resource: "tlspolicies",
            operations: ["CREATE", "UPDATE"], conditions: [Self.specChanges])
        entry["rules"] = [
            [
                "apiGroups": ["podmint.dev"], "apiVersions": ["v1alpha1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["tlspolicies", "clusterauthorities"], "scope": "*",
            ]
        ]
        entry["namespaceSelector"] = ["matchExpressions": [ownAndSystemNamespaces]]
        return .object(entry)
    }

    private static let specChanges = (
        name: "spec-changes", expression: "oldObject == null || object.spec != oldObject.spec"
    )

    /// Any key of ours, so that a misspelt annotation is seen and answered.
    private static let podIsAnnotated = (
        name: "annotated-for-podmint",
        expression:
            #"has(object.metadata.annotations) && object.metadata.annotations.exists(k, k.startsWith("podmint.dev/"))"#
    )

    private static func holdsCertificate(_ object: String) -> String {
        #"(has(object.type) && object.type == "kubernetes.io/tls") || (has(object.data) && ("tls.crt" in object.data || "ca.key" in object.data))"#
            .replacing("object", with: object)
    }

    /// All other Secrets (Helm releases, tokens) never reach podmint and never wait for it. One that loses its certificate
    /// held one.
    private static let secretHoldsCertificate = (
        name: "holds-a-certificate",
        expression:
            "\(holdsCertificate("object")) || (oldObject != null && (\(holdsCertificate("oldObject"))))"
    )

    private static let deletedSecretHoldsCertificate = (
        name: "holds-a-certificate", expression: holdsCertificate("oldObject")
    )

    /// A label, an annotation or a finalizer is nobody's certificate.
    private static let secretChanges = (
        name: "data-changes",
        expression:
            "oldObject == null || has(object.data) != has(oldObject.data) || (has(object.data) && object.data != oldObject.data)"
    )

    /// What a controller makes follows a template that was judged.
    private static let hasNoController = (
        name: "has-no-controller",
        expression:
            "!(has(object.metadata.ownerReferences) && object.metadata.ownerReferences.exists(o, has(o.controller) && o.controller))"
    )

    /// The template stands deeper in a CronJob, and a StatefulSet's number of replicas says which names its pods have.
    private static let templateChanges = (
        name: "template-changes",
        expression:
            #"oldObject == null || (has(object.spec.jobTemplate) ? object.spec.jobTemplate != oldObject.spec.jobTemplate : (object.spec.template != oldObject.spec.template || (request.kind.kind == "StatefulSet" && object.spec.replicas != oldObject.spec.replicas)))"#
    )

    /// The template stands deeper in a CronJob.
    private static let templateIsAnnotated = (
        name: "annotated-for-podmint",
        expression:
            #"has(object.spec.template) ? (has(object.spec.template.metadata) && has(object.spec.template.metadata.annotations) && object.spec.template.metadata.annotations.exists(k, k.startsWith("podmint.dev/"))) : (has(object.spec.jobTemplate) && has(object.spec.jobTemplate.spec.template.metadata) && has(object.spec.jobTemplate.spec.template.metadata.annotations) && object.spec.jobTemplate.spec.template.metadata.annotations.exists(k, k.startsWith("podmint.dev/")))"#
    )

    /// What is annotated goes by the other entry, and is asked about once.
    private static let templateIsNotAnnotated = (
        name: "not-annotated-for-podmint", expression: "!(\(templateIsAnnotated.expression))"
    )

    private func configuration(_ kind: String, _ webhooks: [JSONValue]) -> JSONValue {
        [
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": .string(kind),
            "metadata": ["name": "podmint", "labels": .labels(options.labels(component: "webhook"))],
            "webhooks": .array(webhooks),
        ]
    }

    private func entry(
        _ name: String, path: String, resource: String, operations: [String],
        conditions: [(name: String, expression: String)]
    ) -> JSONObject {
        return [
            "name": .string(name),
            "clientConfig": clientConfig(path: path),
            "rules": [rule(group: "", resources: [resource], operations: operations)],
            "namespaceSelector": namespaceSelector(["enabled", "policies", "audit"]),
            "matchConditions": .array(
                conditions.map { ["name": .string($0.name), "expression": .string($0.expression)] }),
            "matchPolicy": "Equivalent",
            "failurePolicy": "Fail",
            "sideEffects": "None",
            "timeoutSeconds": 5,
            "admissionReviewVersions": ["v1"],
        ]
    }

    private func rule(group: String, resources: [String], operations: [String]) -> JSONValue {
        [
            "apiGroups": [.string(group)], "apiVersions": ["v1"], "operations": .strings(operations),
            "resources": .strings(resources), "scope": "Namespaced",
        ]
    }

    private func clientConfig(path: String) -> JSONValue {
        var config: JSONObject = [:]
        if let advertise = options.advertise {
            config["url"] = .string(advertise + path)
        } else {
            config["service"] = [
                "name": "podmint", "namespace": .string(options.namespace), "path": .string(path),
                "port": 443,
            ]
        }
        if let bundle = options.caBundle { config["caBundle"] = .string(Base64.encode(bundle.pem)) }
        return .object(config)
    }

    private func namespaceSelector(_ injection: [String]) -> JSONValue {
        [
            "matchExpressions": [
                [
                    "key": "podmint.dev/injection", "operator": "In",
                    "values": .strings(injection),
                ],
                ownAndSystemNamespaces,
            ]
        ]
    }

    private var ownAndSystemNamespaces: JSONValue {
        [
            "key": "kubernetes.io/metadata.name", "operator": "NotIn",
            "values": .strings(options.excludedNamespaces),
        ]
    }
}
